import type { CheckedMachine, Checks } from '../../tasks/exercises/checks/vocabulary/index.ts';

/** An address of the documentation range: nobody in the lab has it. */
const VISITOR = '203.0.113.7';

export default ((lab) => {
  const lb = lab.machine('lb1');
  const webs = [lab.machine('web1'), lab.machine('web2')];
  const url = (web: CheckedMachine) => `http://${web.name}/`;
  const page = (web: CheckedMachine) => lb.http(url(web));
  const health = (web: CheckedMachine) => lb.http(`${url(web)}health`);

  /** Two visits in one go, with an empty jar for the cookie: the second page counts two. */
  const counts = (web: CheckedMachine) =>
    lb
      .command(`curl -s --max-time 5 -b '' ${url(web)} ${url(web)}`, {
        title: {
          en: `${web.name} counts the visits of one visitor`,
          fr: `${web.name} compte les visites d'un même visiteur`,
        },
      })
      .prints('id="count">2');

  /** What the application takes for the visitor, when `from` claims to speak for somebody else. */
  const claimed = (from: CheckedMachine, web: CheckedMachine) =>
    from.http(url(web), { headers: [`X-Forwarded-For: ${VISITOR}`] });

  return {
    1: webs.flatMap((web) => [
      page(web).answers(200),
      page(web).contains(web.name),
      web.service('apache2').isEnabled(),
    ]),
    2: webs.flatMap((web) => [counts(web), ...lab.own(page(web).shows('site', lab.vary('site')))]),
    3: webs.flatMap((web) => [
      health(web).answers(200),
      health(web).header('content-type', 'application/json'),
      health(web).contains(web.name),
      // It says what it tried: a page that looks at nothing has nothing to name.
      health(web).contains('"sessions"'),
    ]),
    4: webs.flatMap((web) => [
      claimed(lb, web).shows('visitor', VISITOR),
      claimed(web, web).shows('visitor', /^(?!203\.0\.113\.7$)./),
    ]),
  };
}) satisfies Checks;
