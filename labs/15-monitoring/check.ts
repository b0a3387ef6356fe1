import { plain } from '../../tasks/exercises/checks/expectation.ts';
import type { Checks } from '../../tasks/exercises/checks/vocabulary/index.ts';
import { FIGURES, RULES } from './asked.ts';
import { fewMessages, silentLosses } from './losses.ts';
import { episodesOf, MESSAGES } from './messages.ts';
import { quiet } from './quiet.ts';
import { asks, figures, LOOK, rules, told } from './reader.ts';

const CERTIFICATE = 'CertificateEnds';

export default ((lab) => {
  const client = lab.machine('client');
  const names = (...roles: Parameters<typeof lab.machines>[0][]) =>
    roles.flatMap((role) => lab.machines(role).map(({ name }) => name));
  const runs = (name: string) => [client.service(name).isRunning(), client.service(name).isEnabled()];

  /** `name` is known of each of these machines. */
  const known = (name: string, machines: string[], wanted: (value: number) => boolean = () => true) =>
    lab.that(
      {
        en: `Prometheus has ${name} of ${machines.join(', ')}`,
        fr: `Prometheus a ${name} de ${machines.join(', ')}`,
      },
      asks(FIGURES),
      (facts) => {
        const all = figures(facts).filter((figure) => figure.name === name && wanted(figure.value));
        const missing = machines.filter((machine) => !all.some((figure) => figure.machine === machine));
        if (missing.length === 0) return;
        throw lab.unmet(
          plain(machines.join(', ')),
          { en: `missing: ${missing.join(', ')}`, fr: `il manque : ${missing.join(', ')}` },
          plain("lab ssh client -- ask 'up == 0'"),
        );
      },
    );

  const answered = lab.that(
    { en: 'every target of Prometheus answers', fr: 'chaque cible de Prometheus répond' },
    asks(FIGURES),
    (facts) => {
      const targets = figures(facts).filter(({ name }) => name === 'up');
      const down = targets.filter(({ value }) => value !== 1);
      if (targets.length > 0 && down.length === 0) return;
      throw lab.unmet(
        plain('up 1'),
        plain(down.map(({ instance }) => `${instance} 0`).join(', ') || '-'),
        plain("lab ssh client -- ask 'up == 0'"),
      );
    },
  );

  const probed = lab.that(
    {
      en: `somebody asks for a page of https://${lab.host}/ from outside, and gets it`,
      fr: `quelqu'un demande une page de https://${lab.host}/ de l'extérieur, et l'obtient`,
    },
    asks(FIGURES),
    (facts) => {
      const all = figures(facts).filter(({ name }) => name === 'probe_success');
      if (all.some(({ instance, value }) => instance.startsWith(`https://${lab.host}/`) && value === 1))
        return;
      throw lab.unmet(
        plain(`https://${lab.host}/… 1`),
        plain(all.map(({ instance, value }) => `${instance} ${value}`).join(', ') || '-'),
        plain('lab ssh client -- ask probe_success'),
      );
    },
  );

  const ends = lab.that(
    { en: `there is a rule ${CERTIFICATE}`, fr: `il y a une règle ${CERTIFICATE}` },
    asks(RULES),
    (facts) => {
      if (rules(facts).some(({ name, healthy }) => name === CERTIFICATE && healthy)) return;
      throw lab.unmet(
        plain(CERTIFICATE),
        plain(
          rules(facts)
            .map(({ name }) => name)
            .join(', ') || '-',
        ),
      );
    },
  );
  const proven = lab.that(
    {
      en: 'the end of a load balancer’s certificate was told, and that it is renewed',
      fr: "l'expiration du certificat d'un répartiteur a été annoncée, et son renouvellement aussi",
    },
    asks(MESSAGES),
    (facts) => {
      const found = episodesOf(told(facts), CERTIFICATE);
      if (found.some(({ machine }) => names('lb').includes(machine))) return;
      throw lab.unmet(plain(`+${CERTIFICATE}@lb…, -${CERTIFICATE}@lb…`), plain(String(found.length)), LOOK);
    },
  );

  /** Seconds: until a loss is told, and for which is looked whether one is. */
  const [seconds, machine, short] = [lab.paced(130, 400), lab.paced(100, 300), lab.paced(70, 200)];
  const since = `cd /var/lib/pager && at=$(wc -l <messages)`;
  const fresh = `tail -n +$((at + 1)) messages`;
  const tells = (fault: string, word: string, en: string, fr: string) =>
    lab
      .under(fault, { watch: `${since}; until ${fresh} | grep -F ' ${word}'; do sleep 1; done`, seconds })
      .prints(new RegExp(` \\${word}`), { en, fr });

  return {
    1: [
      ...runs('prometheus'),
      known(
        'node_load1',
        lab.topology.machines.map(({ name }) => name),
      ),
      known('haproxy_backend_active_servers', names('lb')),
      known('mysql_up', names('database'), (value) => value === 1),
      known('corosync_votes', names('storage')),
      known('redis_connected_replicas', names('session')),
      answered,
    ],
    2: [...runs('prometheus-blackbox-exporter'), probed],
    3: [
      ...runs('prometheus-alertmanager'),
      ...silentLosses(lab),
      tells(
        'web2-stopped',
        '+WebMachineOut@web2',
        'web2 without Apache is told',
        'web2 sans Apache est annoncée',
      ),
      tells(
        'voteless',
        '+GaleraIncomplete@',
        'a missing arbitrator is told',
        "l'absence de l'arbitre est annoncée",
      ),
      tells(
        'stale',
        '+Blind@web1',
        'figures that are no longer written are told',
        'des chiffres qui ne sont plus écrits sont annoncés',
      ),
    ],
    4: [
      ...fewMessages(lab),
      lab
        .under('web2-off', {
          watch: `${since}; sleep ${machine}; ${fresh} | grep -o ' [+][^ ]*' | sort -u | tr -d '\\n'`,
          seconds: machine + 15,
        })
        // A slow lab may lose pages until a sentinel has found the new master.
        .prints(/^ \+MachineSilent@web2( \+ServiceDown@)?$/, {
          en: 'web2 without power is told by one message',
          fr: 'web2 sans courant est annoncée par un seul message',
        }),
    ],
    5: [
      ...quiet(lab),
      lab
        .under('flapping', { watch: `${since}; sleep ${short}; ${fresh}`, seconds: short + 15 })
        .doesNotPrint(/\+WebMachineOut@web1/, {
          en: 'a web machine that is away for five seconds is not told',
          fr: "une machine web absente cinq secondes n'est pas annoncée",
        }),
    ],
    6: [
      ends,
      proven,
      tells(
        'short-lived',
        `+${CERTIFICATE}@lb2`,
        'a certificate of three days on lb2 is told',
        'un certificat de trois jours sur lb2 est annoncé',
      ),
    ],
  };
}) satisfies Checks;
