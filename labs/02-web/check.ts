import type { CheckedMachine, Checks } from '../../tasks/checks/vocabulary/index.ts';

/** An address of the documentation range: nobody in the lab has it. */
const VISITOR = '203.0.113.7';

export default ((lab) => {
  const lb = lab.machine('lb1');
  const webs = [lab.machine('web1'), lab.machine('web2')];
  const url = (web: CheckedMachine) => `http://${web.name}/`;
  const page = (web: CheckedMachine) => lb.http(url(web));
  const health = (web: CheckedMachine) => lb.http(`${url(web)}health`);

  /** Three visits with one cookie: the last one counts three. The folder of the cookies goes with the command. */
  const counts = (web: CheckedMachine) =>
    lb
      .command(
        `jar=$(mktemp); for i in 1 2 3; do curl -s --max-time 5 -b $jar -c $jar ${url(web)} | grep -o 'id="count">[0-9]*'; done; rm -f $jar`,
        {
          title: {
            en: `${web.name} counts the visits of one visitor`,
            fr: `${web.name} compte les visites d'un même visiteur`,
          },
        },
      )
      .prints('id="count">3');

  /** What the application takes for the visitor, when `from` claims to speak for somebody else. */
  const claimed = (from: CheckedMachine, web: CheckedMachine) =>
    from.command(
      `curl -s --max-time 5 -H 'X-Forwarded-For: ${VISITOR}' ${url(web)} | grep -o 'id="visitor">[^<]*'`,
      {
        title: {
          en: `whom ${web.name} takes for the visitor when ${from.name} names another one`,
          fr: `qui ${web.name} prend pour le visiteur quand ${from.name} en nomme un autre`,
        },
      },
    );

  return {
    1: webs.flatMap((web) => [
      page(web).answers(200),
      page(web).contains(web.name),
      web.service('apache2').isEnabled(),
    ]),
    2: webs.map(counts),
    3: webs.flatMap((web) => [
      health(web).answers(200),
      health(web).header('content-type', 'application/json'),
      health(web).contains(web.name),
      // It says what it tried: a page that looks at nothing has nothing to name.
      health(web).contains('"sessions"'),
    ]),
    4: webs.flatMap((web) => [
      claimed(lb, web).prints(VISITOR),
      claimed(web, web).prints('id="visitor">'),
      claimed(web, web).doesNotPrint(VISITOR),
    ]),
  };
}) satisfies Checks;
