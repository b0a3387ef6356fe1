import { type Expectation, plain, seen } from '../../tasks/exercises/checks/expectation.ts';
import type { CheckedMachine, Vocabulary } from '../../tasks/exercises/checks/vocabulary/index.ts';
import { quiet, VISITS, visitsOf } from './visitors.ts';
import { BALANCER, writtenAt } from './works.ts';

/** The certificate in a file: fingerprint, start, end, the time (seconds), and whether the key beside it belongs to it. */
const FILE = {
  kind: 'command',
  command: `# the certificate in the file
file=/etc/haproxy/lab.pem
openssl x509 -in $file -noout -fingerprint -sha256
date -d "$(openssl x509 -in $file -noout -startdate | cut -d= -f2)" +'from %s'
date -d "$(openssl x509 -in $file -noout -enddate | cut -d= -f2)" +'to %s'
date +'now %s'
[[ $(openssl x509 -in $file -noout -pubkey) == "$(openssl pkey -in $file -pubout)" ]] && echo 'key fits'`,
} as const;

/** Seconds that a new certificate holds at least: a month. */
const HOLDS = 30 * 86_400;
/** Seconds after the exchange for which nothing may fail. */
const AFTER = 15;

/** The certificate of both load balancers: new, the same, in the file and served, and exchanged in front of visitors. */
export function certificates(lab: Vocabulary): Expectation[] {
  const lbs = lab.machines('lb');
  const served = (lb: CheckedMachine) =>
    ({
      kind: 'command',
      command: `openssl s_client -connect ${lb.address}:443 -servername ${lab.host} </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256`,
    }) as const;
  const print = (text: string) => /^sha256 Fingerprint=(\S+)$/im.exec(text)?.[1];
  const look = plain('lab ssh lb1 -- openssl x509 -in /etc/haproxy/lab.pem -noout -issuer -dates');

  const renewed = lbs.map((lb) =>
    lab.that(
      {
        en: `${lb.name} has a certificate of today's in its file, with its key, and serves it`,
        fr: `${lb.name} a dans son fichier un certificat d'aujourd'hui, avec sa clé, et le présente`,
      },
      [
        { machine: 'client', probe: VISITS },
        { machine: 'client', probe: served(lb) },
        { machine: lb.name, probe: FILE },
      ],
      (facts) => {
        const { out } = facts.answer(lb.name, FILE);
        const number = (name: string) =>
          Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(out)?.[1] ?? Number.NaN);
        const starts = [...out.matchAll(/^from (\d+)$/gm)].map(([, at]) => Number(at));
        const begun = visitsOf(facts.answer('client', VISITS).out).writes?.[0] ?? Number.NaN;
        const shown = print(facts.answer('client', served(lb)).out);
        const fresh = (starts.at(-1) ?? 0) >= begun && number('to') - number('now') >= HOLDS;
        if (fresh && shown !== undefined && shown === print(out) && out.includes('key fits')) return;
        throw lab.unmet(
          {
            en: 'signed since the visitors came, for a month or more, served',
            fr: "signé depuis l'arrivée des visiteurs, pour un mois ou plus, présenté",
          },
          seen(`${out.trim()}\n${shown ?? '-'}`),
          look,
        );
      },
    ),
  );
  const alike = lab.that(
    {
      en: 'both load balancers have the same certificate',
      fr: 'les deux répartiteurs ont le même certificat',
    },
    lbs.map((lb) => ({ machine: lb.name, probe: FILE })),
    (facts) => {
      const [one, other] = lbs.map((lb) => print(facts.answer(lb.name, FILE).out));
      if (one !== undefined && one === other) return;
      throw lab.unmet({ en: 'one fingerprint', fr: 'une seule empreinte' }, plain(`${one} / ${other}`), look);
    },
  );
  const unnoticed = lbs.map((lb) =>
    lab.that(
      {
        en: `no request failed while the certificate of ${lb.name} was exchanged`,
        fr: `aucune requête n'a échoué pendant l'échange du certificat de ${lb.name}`,
      },
      [
        { machine: 'client', probe: VISITS },
        { machine: lb.name, probe: BALANCER },
      ],
      (facts) => {
        const at = writtenAt(facts.answer(lb.name, BALANCER).out, 'lab.pem');
        if (quiet(visitsOf(facts.answer('client', VISITS).out), [at - 2, at + AFTER])) return;
        throw lab.unmet(
          { en: '0 failed, with visitors there', fr: '0 échec, en présence de visiteurs' },
          { en: 'failed requests, or no visitors', fr: 'des échecs, ou pas de visiteurs' },
          plain('lab ssh client -- tail /var/lib/visitor/pages'),
        );
      },
    ),
  );
  const trusted = lbs.flatMap((lb) => [
    lab
      .machine('client')
      .http(`https://${lab.host}/machine`, { resolve: `${lab.host}:443:${lb.address}` })
      .answers(200),
    lb.file('/etc/haproxy/lab.pem').hasMode('0600', 'root:root'),
  ]);
  return [...renewed, alike, ...unnoticed, ...trusted];
}
