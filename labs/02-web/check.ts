import { plain, seen } from '../../tasks/exercises/checks/expectation.ts';
import { responsesOf } from '../../tasks/exercises/checks/vocabulary/http.ts';
import type { CheckedMachine, Checks } from '../../tasks/exercises/checks/vocabulary/index.ts';
import { ANSWERED, saidOf } from './ready.ts';

/** Seconds: an answer of /ready, whatever the database does. The kernel alone would look for a machine that is not there for three. */
const LIMIT = 2;
/** What the way to the page may take besides, with fast timers and with slow ones. */
const WAY = { fast: 0.5, slow: 0.9 };

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

  // Told in time also where nobody answers, not even with a refusal.
  const database = {
    kind: 'command',
    command: `timeout 1 bash -c ': </dev/tcp/${lab.topology.floating.router?.address}/3306' && echo there || echo away`,
  } as const;
  /** As the machine itself finds the database at this moment. */
  const ready = (web: CheckedMachine) => {
    const probe = { kind: 'http', url: `${url(web)}ready` } as const;
    return lab.that(
      {
        en: `/ready of ${web.name} says in time whether sessions and database are there`,
        fr: `/ready de ${web.name} dit à temps si les sessions et la base sont là`,
      },
      [
        { machine: lb.name, probe },
        { machine: web.name, probe: database },
      ],
      (facts) => {
        const [response] = responsesOf(facts.answer(lb.name, probe), lb.name);
        const there = facts.answer(web.name, database).out.trim() === 'there';
        const wanted = [there ? 200 : 503, 'works', there ? 'works' : 'failed'].join(' ');
        const { status, time, body } = response ?? { status: 0, time: 0, body: '' };
        const parts = ['sessions', 'database'].map((part) => saidOf(body, part) ?? '-');
        const said = [status, ...parts].join(' ');
        if (said === wanted && time <= LIMIT + lab.paced(WAY.fast, WAY.slow)) return;
        throw lab.unmet(
          {
            en: `${wanted} (status, sessions, database), at most ${LIMIT} s`,
            fr: `${wanted} (état, sessions, database), ${LIMIT} s au plus`,
          },
          plain(`${said}, ${time.toFixed(1)} s`),
          plain(`lab ssh ${lb.name} -- curl -si ${url(web)}ready`),
        );
      },
    );
  };
  const both = (web: CheckedMachine) =>
    lab.that(
      {
        en: `/ready of ${web.name} has said yes, and has said no`,
        fr: `/ready de ${web.name} a déjà dit oui, et déjà dit non`,
      },
      [{ machine: web.name, probe: ANSWERED }],
      (facts) => {
        const { out } = facts.answer(web.name, ANSWERED);
        const statuses = out.split('\n').map((line) => line.trim());
        if (statuses.includes('200') && statuses.includes('503')) return;
        throw lab.unmet(
          {
            en: '200 and 503 in the log of Apache',
            fr: "200 et 503 dans le journal d'Apache",
          },
          seen(statuses.filter(Boolean).join(', ')),
          plain(`lab ssh ${web.name} -- 'grep /ready /var/log/apache2/*.log'`),
        );
      },
    );

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
    5: webs.flatMap((web) => [ready(web), both(web)]),
  };
}) satisfies Checks;
