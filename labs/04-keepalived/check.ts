import type { Text } from '../../tasks/base/text.ts';
import { plain, seen } from '../../tasks/exercises/checks/expectation.ts';
import type { CheckedMachine, Checks } from '../../tasks/exercises/checks/vocabulary/index.ts';
import { sample, sampleOf } from '../sample.ts';

/** All of keepalived's configuration, without comments, wherever it is split. */
const CONFIGURATION =
  "cat /etc/keepalived/keepalived.conf /etc/keepalived/*/*.conf 2>/dev/null | sed 's/[#!].*//'";

/** Longest time between two adverts that still counts as "below one second of failover", in seconds; and with slow timers. */
const FAST = { fast: 0.3, slow: 1.2 };

/** What a visitor saw of both restarts: at least so many requests, of which so many may fail, and how long it may have taken, in seconds. */
const WORK = {
  path: '/root/restart.json',
  requests: 600,
  failed: { fast: 2, slow: 10 },
  seconds: { fast: 300, slow: 900 },
};

/** When a machine was started: seconds since 1970, a line each. Its journal outlives it. */
const BOOTS = {
  kind: 'command',
  command: "journalctl --list-boots -o json --no-pager | jq -r '.[].first_entry / 1000000 | floor'",
  timeout: 8,
} as const;

export default ((lab) => {
  const fast = lab.paced(FAST.fast, FAST.slow);
  const client = lab.machine('client');
  const balancers = [lab.machine('lb1'), lab.machine('lb2')];
  const front = lab.floating('front');
  const address = lab.topology.floating.front?.address ?? '';
  const page = `https://${lab.host}/`;

  const probe = { kind: 'command', command: CONFIGURATION } as const;
  const look = (lb: CheckedMachine) => plain(`lab ssh ${lb.name} -- less /etc/keepalived/keepalived.conf`);
  const configured = (lb: CheckedMachine, says: Text) =>
    lb.command(CONFIGURATION, {
      title: {
        en: `keepalived's configuration on ${lb.name} ${says.en}`,
        fr: `la configuration de keepalived sur ${lb.name} ${says.fr}`,
      },
    });
  const tracks = { en: 'watches a process or a script', fr: 'surveille un processus ou un script' };
  const stays = { en: 'says nopreempt', fr: 'dit nopreempt' };
  /** The instance that holds the front address, in this configuration. */
  const instanceIn = (out: string): string =>
    out
      .split(/^(?=vrrp_instance )/m)
      .find((name) => name.includes(`${address}/`) || name.includes(`${address} `)) ?? '';
  /** The number of the group is this student's. */
  const numbered = (lb: CheckedMachine) =>
    lab.that(
      {
        en: `${lb.name} speaks in the group of your number (virtual_router_id)`,
        fr: `${lb.name} parle dans le groupe qui a votre numéro (virtual_router_id)`,
      },
      [{ machine: lb.name, probe }],
      (facts) => {
        const instance = instanceIn(facts.answer(lb.name, probe).out);
        const said = /^\s*virtual_router_id\s+(\d+)/m.exec(instance)?.[1];
        if (said === lab.vary('router')) return;
        throw lab.unmet(
          plain(`virtual_router_id ${lab.vary('router')}`),
          seen(said ? `virtual_router_id ${said}` : ''),
          look(lb),
        );
      },
    );
  /** The time between two adverts of the instance that holds the front address. */
  const advert = (lb: CheckedMachine) => {
    return lab.that(
      {
        en: `${lb.name} speaks at least every ${fast} s`,
        fr: `${lb.name} parle au moins toutes les ${fast} s`,
      },
      [{ machine: lb.name, probe }],
      (facts) => {
        const { out } = facts.answer(lb.name, probe);
        const said = /^\s*advert_int\s+([0-9.]+)/m.exec(instanceIn(out))?.[1];
        if (said && Number(said) > 0 && Number(said) <= fast) return;
        throw lab.unmet(plain(`advert_int ≤ ${fast}`), seen(said ? `advert_int ${said}` : ''), look(lb));
      },
    );
  };

  /** Whoever speaks to named peers only must name the other one: unheard, it would hold the address as well. */
  const speaksTo = (lb: CheckedMachine, other: CheckedMachine) => {
    return lab.that(
      { en: `${lb.name} speaks to ${other.name}`, fr: `${lb.name} parle à ${other.name}` },
      [{ machine: lb.name, probe }],
      (facts) => {
        const peers = [...facts.answer(lb.name, probe).out.matchAll(/unicast_peer\s*\{([^}]*)\}/g)].map(
          ([, block = '']) => block.trim().split(/\s+/),
        );
        const deaf = peers.find(
          (block) => !block.some((word) => word === other.address || word === other.name),
        );
        if (!deaf) return;
        throw lab.unmet(
          plain(`unicast_peer { ${other.address} }`),
          seen(`unicast_peer { ${deaf.join(' ')} }`),
          look(lb),
        );
      },
    );
  };

  /** A second more: systemd tells whole seconds. A reload counts as a change of state. */
  const hasRead = (lb: CheckedMachine) =>
    lb
      .command(
        `t=$(systemctl show --timestamp=unix -P StateChangeTimestamp keepalived); find /etc/keepalived -name '*.conf' -newermt "@$((\${t#@} + 1))"`,
        {
          title: {
            en: `files that keepalived on ${lb.name} has not read since they were changed (systemctl reload keepalived)`,
            fr: `fichiers que keepalived sur ${lb.name} n'a pas relus depuis leur modification (systemctl reload keepalived)`,
          },
        },
      )
      .doesNotPrint(/./);

  /** The visitor trusts both certificates, or the outage has no end for him. */
  const survives = (fault: string, what: Text, seconds: number) => ({
    ...lab.survives(fault, { url: page }).withOutageOfAtMost(seconds),
    title: {
      en: `the address survives ${what.en} with at most ${seconds} s of outage`,
      fr: `l'adresse survit à ${what.fr} avec au plus ${seconds} s d'interruption`,
    },
  });

  /** Whatever the files are called: one with a key is root's alone. */
  const keepsKeys = (lb: CheckedMachine) =>
    lb
      .command("find /etc/haproxy -type f -perm /077 -exec grep -l -e 'PRIVATE KEY-----' {} +", {
        title: {
          en: `files with a key in /etc/haproxy on ${lb.name} that others than root may read`,
          fr: `fichiers contenant une clé dans /etc/haproxy sur ${lb.name} que d'autres que root peuvent lire`,
        },
      })
      .doesNotPrint(/./);

  const restart = { machine: 'client', probe: sample(WORK.path) };
  const harmless = lab.that(
    {
      en: `${WORK.path} on the client: a visitor hardly noticed the restarts`,
      fr: `${WORK.path} sur le client : un visiteur a à peine remarqué les redémarrages`,
    },
    [restart],
    (facts) => {
      const most = Math.round(lab.paced(WORK.failed.fast, WORK.failed.slow));
      const { requests, failed } = sampleOf(facts.answer('client', restart.probe), WORK.path);
      if (requests >= WORK.requests && failed <= most) return;
      throw lab.unmet(plain(`≤ ${most} / ≥ ${WORK.requests}`), plain(`${failed} / ${requests}`));
    },
  );
  const restarted = (lb: CheckedMachine) =>
    lab.that(
      {
        en: `${lb.name} was started anew while that was written`,
        fr: `${lb.name} a été redémarré pendant que cela s'écrivait`,
      },
      [restart, { machine: lb.name, probe: BOOTS }],
      (facts) => {
        const { end } = sampleOf(facts.answer('client', restart.probe), WORK.path);
        const since = end - lab.paced(WORK.seconds.fast, WORK.seconds.slow);
        const boots = facts.answer(lb.name, BOOTS).out.split('\n').map(Number).filter(Boolean);
        if (boots.some((at) => at >= since && at <= end)) return;
        throw lab.unmet(
          { en: 'a start in that time', fr: 'un démarrage dans ce temps' },
          { en: 'none', fr: 'aucun' },
          plain(`lab ssh ${lb.name} -- journalctl --list-boots`),
        );
      },
    );

  return {
    1: balancers.flatMap((lb) => [
      lb.service('haproxy').isRunning(),
      client.http(page, { resolve: `${lab.host}:443:${lb.address}` }).answers(200),
      client.http(`http://${lb.name}/`).redirectsTo(/^https:/),
      keepsKeys(lb),
    ]),
    2: [
      ...balancers.flatMap((lb) => [
        lb.service('keepalived').isRunning(),
        lb.service('keepalived').isEnabled(),
      ]),
      ...balancers.flatMap((lb) =>
        balancers.filter((other) => other.name !== lb.name).map((other) => speaksTo(lb, other)),
      ),
      ...lab.own(...balancers.map(numbered)),
      front.isHeldByOne(balancers.map((lb) => lb.name)),
      client.http(page).answers(200),
    ],
    3: [
      ...balancers.map(hasRead),
      ...balancers.map((lb) => configured(lb, tracks).prints(/^\s*track_(process|script)\b/m)),
      survives(
        'holder-haproxy',
        { en: 'the stop of HAProxy on its holder', fr: "l'arrêt de HAProxy sur la machine qui la porte" },
        lab.paced(3, 12),
      ),
    ],
    4: [
      ...balancers.flatMap((lb) => [advert(lb), configured(lb, stays).prints(/^\s*nopreempt\b/m)]),
      survives(
        'holder-off',
        { en: 'the loss of power of its holder', fr: 'la coupure de courant de la machine qui la porte' },
        lab.paced(2, 8),
      ),
    ],
    5: [harmless, ...balancers.map(restarted)],
  };
}) satisfies Checks;
