import { plain, seen } from '../../tasks/exercises/checks/expectation.ts';
import type { CheckedMachine, Checks } from '../../tasks/exercises/checks/vocabulary/index.ts';
import { followsMaster } from '../redis.ts';
import { chunked } from './chunked.ts';
import { CONFIGURATION, type Configuration, configurationOf } from './configuration.ts';
import { UPLOADED, UPLOADS, uploadsOf } from './uploads.ts';

/** Uploads that must have been acknowledged, for the experiment to show anything. */
const ENOUGH = 20;
/** Seconds since background jobs last ran: two of the usual five minutes and some. */
const RECENT = 900;

export default ((lab) => {
  const client = lab.machine('client');
  const web1 = lab.machine('web1');
  const webs = [web1, lab.machine('web2')];
  const proxies = lab.machines('lb').map(({ address }) => address);
  const status = (times: number) => client.http(`https://${lab.host}/status.php`, { times });

  /** What the configuration of a machine must be like; `wrong` says what is not. */
  const configured = (
    web: CheckedMachine,
    title: { en: string; fr: string },
    wanted: string,
    holds: (found: Configuration) => boolean,
    shown: (found: Configuration) => unknown,
  ) =>
    lab.that(title, [{ machine: web.name, probe: CONFIGURATION }], (facts) => {
      const found = configurationOf(facts.answer(web.name, CONFIGURATION).out);
      if (found && holds(found)) return;
      throw lab.unmet(
        plain(wanted),
        found
          ? plain(JSON.stringify(shown(found)))
          : { en: 'no configuration of Nextcloud', fr: 'aucune configuration de Nextcloud' },
        plain(`lab ssh ${web.name} -- ls -l /etc/nextcloud`),
      );
    });

  const one = lab.that(
    { en: 'both web machines are the same Nextcloud', fr: 'les deux machines web sont le même Nextcloud' },
    webs.map(({ name }) => ({ machine: name, probe: CONFIGURATION })),
    (facts) => {
      const all = webs.map(({ name }) => configurationOf(facts.answer(name, CONFIGURATION).out));
      const same = ['instanceid', 'salt', 'secret', 'dbhost', 'dbname', 'installedat'] as const;
      const differs = same.filter((key) => new Set(all.map((found) => found?.[key] ?? '')).size > 1);
      const lacks = same.filter((key) => all.some((found) => !found?.[key]));
      if (differs.length === 0 && lacks.length === 0) return;
      throw lab.unmet(
        { en: `equal on both: ${same.join(', ')}`, fr: `égaux sur les deux : ${same.join(', ')}` },
        {
          en: `different: ${differs.join(', ') || '-'}; missing: ${lacks.join(', ') || '-'}`,
          fr: `différents : ${differs.join(', ') || '-'} ; absents : ${lacks.join(', ') || '-'}`,
        },
        plain('lab ssh web2 -- occ status'),
      );
    },
  );

  const kept = lab.that(
    {
      en: 'every upload that was acknowledged while the storage moved is there, to the letter',
      fr: 'chaque envoi confirmé pendant que le stockage changeait de machine est là, à la lettre près',
    },
    [
      { machine: 'client', probe: UPLOADS },
      { machine: 'web1', probe: UPLOADED },
    ],
    (facts) => {
      const asked = uploadsOf(facts.answer('client', UPLOADS).out);
      const there = new Set(facts.answer('web1', UPLOADED).out.trim().split('\n'));
      const acknowledged = asked.filter(({ code }) => code >= 200 && code < 300);
      const lost = acknowledged.filter(({ name, sum }) => !there.has(`${sum} ${name}`));
      const slowest = Math.max(0, ...asked.map(({ seconds }) => seconds));
      // A takeover is felt: it takes longer than its parts that are waits.
      const felt = lab.paced(3, 20);
      if (acknowledged.length >= ENOUGH && lost.length === 0 && slowest >= felt) return;
      throw lab.unmet(
        {
          en: `${ENOUGH} or more acknowledged, one of them after ${felt} s or more, none lost`,
          fr: `${ENOUGH} confirmés ou plus, l'un d'eux après ${felt} s ou plus, aucun perdu`,
        },
        {
          en: `${acknowledged.length} acknowledged, slowest ${slowest} s, lost: ${lost.map(({ name }) => name).join(' ') || 'none'}`,
          fr: `${acknowledged.length} confirmés, le plus lent ${slowest} s, perdus : ${lost.map(({ name }) => name).join(' ') || 'aucun'}`,
        },
        plain('lab ssh client -- cat /root/uploads'),
      );
    },
  );

  const cronIsRecent = lab.that(
    { en: 'background jobs were done lately', fr: 'les tâches de fond ont tourné récemment' },
    [{ machine: 'web1', probe: CONFIGURATION }],
    (facts) => {
      const { out } = facts.answer('web1', CONFIGURATION);
      const found = configurationOf(out);
      const limit = lab.paced(RECENT, 4 * RECENT);
      if (found?.jobs === 'cron' && found.age !== null && found.age <= limit) return;
      throw lab.unmet(
        plain(`cron, ${limit} s`),
        found ? plain(`${found.jobs}, ${found.age ?? '-'} s`) : seen(out),
        plain('lab ssh web1 -- systemctl list-timers nextcloud-cron.timer'),
      );
    },
  );

  const storage = lab.floating('storage').address;
  return {
    1: webs.flatMap((web) => [
      web.mount('/srv/www/nextcloud').isMounted({ options: ['ro'] }),
      web.file('/srv/www/nextcloud/version.php').exists(),
      web.mount('/srv/shared').isMounted({ type: 'nfs', from: `${storage}:/srv/storage/shared` }),
    ]),
    2: [
      one,
      ...webs.map((web) =>
        configured(
          web,
          {
            en: `${web.name}: its files are in the shared folder`,
            fr: `${web.name} : ses fichiers sont dans le dossier partagé`,
          },
          'datadirectory /srv/shared/…',
          ({ data }) => data.startsWith('/srv/shared/'),
          ({ data }) => data,
        ),
      ),
      ...lab.own(
        web1
          .sql('SELECT 1', {
            ...{ host: lab.floating('router').address, port: 3306, user: 'nextcloud' },
            ...{ password: lab.vary('password'), database: lab.vary('base') },
          })
          .returns('1'),
      ),
    ],
    3: [
      status(1).contains('"installed":true'),
      status(8).isServedBy(['web1', 'web2'], 'X-Served-By'),
      client.http(`https://${lab.host}/index.php/login`).answers(200),
      ...webs.flatMap((web) => [
        web.http('http://127.0.0.1/health').answers(200),
        configured(
          web,
          {
            en: `${web.name} believes the load balancers, and nobody else`,
            fr: `${web.name} croit les répartiteurs, et personne d'autre`,
          },
          `trusted_proxies ${proxies.join(', ')}; overwriteprotocol https`,
          ({ proxies: trusted, protocol }) =>
            protocol === 'https' && [...trusted].sort().join() === [...proxies].sort().join(),
          ({ proxies: trusted, protocol }) => ({ trusted_proxies: trusted, overwriteprotocol: protocol }),
        ),
      ]),
    ],
    4: webs.flatMap((web) => [
      followsMaster(lab, web, webs),
      configured(
        web,
        {
          en: `${web.name} locks files in Redis, at an address of its own that leads to the master`,
          fr: `${web.name} verrouille les fichiers dans Redis, par une adresse à elle qui mène au maître`,
        },
        'memcache.locking Redis, redis.host 127.0.0.1',
        ({ locking, redis }) => locking.endsWith('\\Redis') && /^(127\.|localhost)/.test(redis),
        ({ locking, redis }) => ({ 'memcache.locking': locking, redis }),
      ),
    ]),
    5: [
      ...webs.flatMap((web) => [
        web.service('nextcloud-cron.timer').isRunning(),
        web.service('nextcloud-cron.timer').isEnabled(),
      ]),
      cronIsRecent,
    ],
    6: [kept],
    7: chunked(lab),
  };
}) satisfies Checks;
