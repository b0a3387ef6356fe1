import { plain } from '../../tasks/exercises/checks/expectation.ts';
import type { CheckedMachine, Checks } from '../../tasks/exercises/checks/vocabulary/index.ts';
import { followsMaster, PASSWORD } from '../redis.ts';
import { givesWay, LIMITS, limitsOf } from './memory.ts';
import { visitsOf } from './visits.ts';

const INFO = `${PASSWORD}; redis 127.0.0.1:6379 "$password" "INFO replication"`;

export default ((lab) => {
  const webs = [lab.machine('web1'), lab.machine('web2')];
  const voters = [...webs, lab.machine('lb2')];
  const info = { kind: 'command', command: INFO } as const;

  /** One of them is master, the other one copies it and is in sync. */
  const replicated = lab.that(
    { en: 'one Redis is master, the other one copies it', fr: "un Redis est maître, l'autre le recopie" },
    webs.map((web) => ({ machine: web.name, probe: info })),
    (facts) => {
      const said = webs.map((web) => facts.answer(web.name, info).out);
      const masters = said.filter((name) => /^role:master/m.test(name));
      const copies = said.filter((name) => /^role:slave/m.test(name) && /^master_link_status:up/m.test(name));
      if (masters.length === 1 && copies.length === said.length - 1) return;
      const roles = said.map((text, at) => {
        const word = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(text)?.[1] ?? '-';
        return `${webs[at]?.name} ${word('role')} ${word('master_link_status')}`;
      });
      throw lab.unmet(
        {
          en: 'a master, and a replica with its link up',
          fr: 'un maître, et une réplique dont le lien est up',
        },
        plain(roles.join(', ')),
        plain('lab ssh web1 -- redis-cli info replication'),
      );
    },
  );

  const takes = (web: CheckedMachine) =>
    web
      .command(`redis 127.0.0.1:6379 ${lab.vary('password')} PING`, {
        title: {
          en: `Redis on ${web.name} takes your password`,
          fr: `le Redis de ${web.name} accepte votre mot de passe`,
        },
      })
      // A Redis without a password says that first.
      .prints(/^PONG/);

  const visits = visitsOf(lab);

  /** `mebibytes`: this student's limit; any without it. */
  const limited = (web: CheckedMachine, mebibytes?: number) =>
    lab.that(
      {
        en: `a full Redis on ${web.name} lets the sessions go that were not used for longest${mebibytes ? `, at ${mebibytes} MiB` : ''}, also after its next start`,
        fr: `plein, le Redis de ${web.name} laisse partir les sessions inutilisées depuis le plus longtemps${mebibytes ? `, à ${mebibytes} Mio` : ''}, et encore après son prochain démarrage`,
      },
      [{ machine: web.name, probe: LIMITS }],
      (facts) => {
        const both = limitsOf(facts.answer(web.name, LIMITS).out);
        // "48m" is a little less than "48mb".
        const fits = ({ memory }: { memory: number }) =>
          !mebibytes || (memory >= mebibytes * 1e6 && memory <= mebibytes * 1024 ** 2);
        if (both.every((limit) => givesWay(limit) && fits(limit))) return;
        const told = both.map(({ memory, policy }) => `${memory} ${policy}`);
        throw lab.unmet(
          {
            en: 'a limit and what goes first, in force and written',
            fr: 'une limite et ce qui part en premier, en vigueur et écrits',
          },
          { en: `in force ${told[0]}, written ${told[1]}`, fr: `en vigueur ${told[0]}, écrit ${told[1]}` },
          plain(`lab ssh ${web.name} -- grep maxmemory /etc/redis/redis.conf`),
        );
      },
    );

  return {
    1: [
      ...webs.map((web) => web.service('redis-server').isRunning()),
      replicated,
      ...lab.own(...webs.map(takes)),
    ],
    2: [visits.prints(/"count":6\b/), visits.prints(/"web1"/), visits.prints(/"web2"/)],
    3: voters.flatMap((voter) => [
      lab.quorum('sentinel', voter.name).holds(),
      lab.quorum('sentinel', voter.name).hasVotes(3),
    ]),
    4: webs.map((web) => followsMaster(lab, web, webs)),
    5: [
      ...webs.map((web) => limited(web)),
      ...lab.own(...webs.map((web) => limited(web, Number(lab.vary('memory'))))),
    ],
  };
}) satisfies Checks;
