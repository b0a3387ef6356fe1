import { type FactsView, plain, seen } from '../../tasks/exercises/checks/expectation.ts';
import type { CheckedMachine, Checks } from '../../tasks/exercises/checks/vocabulary/index.ts';
import { STATS, serversOf } from '../haproxy.ts';
import { balancers } from './balancers.ts';
import { certificates } from './certificates.ts';
import { storage } from './storage.ts';
import {
  ACKNOWLEDGED,
  lostRows,
  planned,
  plansOf,
  quiet,
  ROWS,
  RUNBOOK,
  VISITS,
  visitsOf,
} from './visitors.ts';
import { BALANCER, DATABASE, drainsOf, entriesOf, inTurn, spansOf, times, WEB, writtenAt } from './works.ts';

/** Seconds after a work for which nothing may fail either. */
const AFTER = 10;

export default ((lab) => {
  const client = lab.machine('client');
  const [lbs, webs, dbs] = [lab.machines('lb'), lab.machines('web'), lab.machines('database')];
  const visits = { machine: 'client', probe: VISITS };
  const runbook = { machine: 'client', probe: RUNBOOK };
  const of = (machine: CheckedMachine, probe: typeof BALANCER | typeof WEB | typeof DATABASE) => ({
    machine: machine.name,
    probe,
  });
  const seenBy = (facts: FactsView) => visitsOf(facts.answer('client', VISITS).out);
  const plans = (facts: FactsView) => plansOf(facts.answer('client', RUNBOOK).out);
  const look = plain('lab ssh client -- tail /var/lib/visitor/pages /var/lib/visitor/writes /root/runbook');

  const kept = dbs.map((db) =>
    lab.that(
      {
        en: `each row that was acknowledged to the visitors is on ${db.name}`,
        fr: `chaque ligne confirmée aux visiteurs est sur ${db.name}`,
      },
      [
        { machine: 'client', probe: ACKNOWLEDGED },
        { machine: db.name, probe: ROWS },
      ],
      (facts) => {
        const lost = lostRows(facts.answer('client', ACKNOWLEDGED).out, facts.answer(db.name, ROWS).out);
        if (lost === 0) return;
        throw lab.unmet(
          { en: '0 rows missing', fr: '0 ligne manquante' },
          lost === undefined
            ? { en: 'no rows of some minutes yet', fr: 'pas encore de lignes de quelques minutes' }
            : plain(String(lost)),
          look,
        );
      },
    ),
  );

  /** The works on each web machine: out of both rotations, restarted, put back, and nobody noticed. */
  const restarts = (facts: FactsView, web: CheckedMachine) => {
    const [drains = [], others = []] = lbs.map((lb) =>
      drainsOf(facts.answer(lb.name, BALANCER).out, web.name),
    );
    return times(entriesOf(facts.answer(web.name, WEB).out), /^Started apache2/).flatMap((at) => {
      const here = [drains, others].map((spans) => spans.find(([from, to]) => from < at && at < to));
      const [one, other] = here;
      if (!one || !other || !planned(plans(facts), web.name, at)) return [];
      const span = [Math.min(one[0], other[0]), Math.max(one[1], other[1])] as const;
      return quiet(seenBy(facts), [span[0], span[1] + AFTER]) ? [span] : [];
    });
  };
  const rolled = lab.that(
    {
      en: 'web1 and web2 were drained, restarted and put back, one after the other, with a line of the runbook before and no failed request',
      fr: "web1 et web2 ont été vidées, redémarrées et remises, l'une après l'autre, avec une ligne du runbook avant et sans requête en échec",
    },
    [visits, runbook, ...lbs.map((lb) => of(lb, BALANCER)), ...webs.map((web) => of(web, WEB))],
    (facts) => {
      const [one = [], other = []] = webs.map((web) => restarts(facts, web));
      if (inTurn(one, other)) return;
      throw lab.unmet(
        {
          en: 'such a restart of each, apart in time',
          fr: 'un tel redémarrage de chacune, séparés dans le temps',
        },
        plain(webs.map((web, at) => `${web.name}: ${[one, other][at]?.length ?? 0}`).join(', ')),
        look,
      );
    },
  );
  const graceful = webs.map((web) =>
    lab.that(
      {
        en: `Apache of ${web.name} read its configuration again with a reload, and no request failed`,
        fr: `l'Apache de ${web.name} a relu sa configuration par un reload, sans requête en échec`,
      },
      [visits, of(web, WEB)],
      (facts) => {
        const all = times(entriesOf(facts.answer(web.name, WEB).out), /^Reloaded apache2/);
        if (all.some((at) => quiet(seenBy(facts), [at - 2, at + AFTER]))) return;
        throw lab.unmet(
          { en: 'a reload in front of visitors', fr: 'un reload devant des visiteurs' },
          { en: `${all.length} reloads`, fr: `${all.length} reload` },
          look,
        );
      },
    ),
  );
  const stat = { kind: 'command', command: STATS } as const;
  const back = lbs.map((lb) =>
    lab.that(
      {
        en: `${lb.name} sends requests to both web machines`,
        fr: `${lb.name} envoie des requêtes aux deux machines web`,
      },
      [{ machine: lb.name, probe: stat }],
      (facts) => {
        const servers = serversOf(facts.answer(lb.name, stat).out);
        const up = webs.filter((web) =>
          servers.some((server) => server.name === web.name && server.status === 'UP' && server.check !== ''),
        );
        if (up.length === webs.length) return;
        throw lab.unmet(
          plain('web1 UP, web2 UP'),
          seen(servers.map(({ name, status }) => `${name} ${status}`).join(', ')),
        );
      },
    ),
  );

  const header = lbs.map((lb) =>
    client
      .http(`https://${lab.host}/machine`, { resolve: `${lab.host}:443:${lb.address}` })
      .header('X-Release', lab.vary('release')),
  );
  const reloaded = lbs.map((lb) =>
    lab.that(
      {
        en: `HAProxy of ${lb.name} took its configuration over with a reload, and no request failed`,
        fr: `le HAProxy de ${lb.name} a repris sa configuration par un reload, sans requête en échec`,
      },
      [visits, runbook, of(lb, BALANCER)],
      (facts) => {
        const { out } = facts.answer(lb.name, BALANCER);
        const written = writtenAt(out, 'haproxy.cfg');
        const entries = entriesOf(out);
        const next = times(entries, /^(Reloaded|Started) haproxy/).find((at) => at >= written);
        const good = times(entries, /^Reloaded haproxy/).filter((at) => at >= written);
        if (
          good.some(
            (at) =>
              at === next && quiet(seenBy(facts), [at - 3, at + AFTER]) && planned(plans(facts), lb.name, at),
          )
        )
          return;
        throw lab.unmet(
          {
            en: 'a reload after the last change, planned, in front of visitors',
            fr: 'un reload après le dernier changement, prévu, devant des visiteurs',
          },
          { en: `${good.length} reloads after it`, fr: `${good.length} reload ensuite` },
          look,
        );
      },
    ),
  );

  const turns = lab.that(
    {
      en: 'db1 and db2 were restarted in turn, each back in the group before the other, without a full copy, a failed request, or a missing line of the runbook',
      fr: "db1 et db2 ont été redémarrées tour à tour, chacune de retour dans le groupe avant l'autre, sans copie complète, sans requête en échec, chacune avec sa ligne du runbook",
    },
    [visits, runbook, ...dbs.map((db) => of(db, DATABASE))],
    (facts) => {
      const [one = [], other = []] = dbs.map((db) => {
        const { out } = facts.answer(db.name, DATABASE);
        const born = Number(/^born (\d+)/m.exec(out)?.[1] ?? Number.POSITIVE_INFINITY);
        return spansOf(entriesOf(out), /^Stopping mariadb/, /Synchronized with group/).filter(
          ([from, to]) =>
            born < from &&
            planned(plans(facts), db.name, from) &&
            quiet(seenBy(facts), [from - 2, to + AFTER]),
        );
      });
      if (inTurn(one, other)) return;
      throw lab.unmet(
        {
          en: 'such a restart of each, apart in time',
          fr: 'un tel redémarrage de chacune, séparés dans le temps',
        },
        plain(dbs.map((db, at) => `${db.name}: ${[one, other][at]?.length ?? 0}`).join(', ')),
        plain('lab ssh db1 -- journalctl -u mariadb'),
      );
    },
  );

  return {
    1: [client.service('visitor').isRunning(), client.service('visitor').isEnabled(), ...kept],
    2: [
      rolled,
      ...graceful,
      ...back,
      lab.survives('graceful', { url: `https://${lab.host}/machine`, seconds: 15 }).withoutFailedRequest(),
    ],
    3: [
      ...header,
      ...reloaded,
      ...certificates(lab),
      lab.survives('reloading', { url: `https://${lab.host}/machine`, seconds: 15 }).withoutFailedRequest(),
    ],
    4: [turns, ...dbs.map((db) => lab.quorum('galera', db.name).hasVotes(3))],
    5: storage(lab),
    6: balancers(lab),
  };
}) satisfies Checks;
