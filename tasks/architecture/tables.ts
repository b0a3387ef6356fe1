import type { Language, Text } from '../base/text.ts';
import type { Component, FlowKind, Role } from '../roles/roles.ts';
import { type AnyRole, COMMON } from '../roles/roles.ts';
import { type Machine, machinesOf, type RoleName } from '../topology/model.ts';
import { type Architecture, portName } from './describe.ts';
import type { TimerLookup } from './timers.ts';

/** What the tables of the document are made from. */
export interface Sources {
  plan: Architecture;
  roles: Map<AnyRole, Role>;
  timers: TimerLookup;
}

const KINDS: Record<FlowKind, Text> = {
  service: { en: 'requests', fr: 'requêtes' },
  vote: { en: 'votes, membership', fr: 'votes, appartenance' },
  copy: { en: 'copies of data', fr: 'copies des données' },
  watch: { en: 'supervision', fr: 'surveillance' },
  time: { en: 'time', fr: 'heure' },
};

/** A Markdown table; cells are put on one line. */
function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

const code = (text: string) => `\`${text}\``;
const names = (machines: { name: string }[]) => machines.map(({ name }) => name).join(', ');

export function machinesTable({ plan }: Sources, language: Language): string {
  const head = {
    en: ['machine', 'address', 'memory', 'disks', 'cables to switch', 'roles', 'votes'],
    fr: ['machine', 'adresse', 'mémoire', 'disques', 'câbles vers le commutateur', 'rôles', 'voix'],
  }[language];
  const mib = { en: 'MiB', fr: 'Mio' }[language];
  const rows = plan.topology.machines.map((machine) => {
    const disks = {
      en: machine.disk ? `system; data, ${machine.disk} MiB` : 'system',
      fr: machine.disk ? `système ; données, ${machine.disk} Mio` : 'système',
    }[language];
    const votes = plan.votes
      .filter(({ voters }) => voters.some((voter) => voter.machine === machine.name))
      .map(({ title }) => title[language]);
    return [
      `**${machine.name}**`,
      code(machine.address),
      `${machine.memory} ${mib}`,
      disks,
      plan.topology.network.switches.join(', '),
      machine.roles.join(', '),
      votes.join('; ') || '–',
    ];
  });
  return table(head, rows);
}

export function floatingTable({ plan }: Sources, language: Language): string {
  const head = {
    en: ['address', 'what answers', 'machines that can hold it', 'decided by'],
    fr: ['adresse', 'qui répond', 'machines qui peuvent la tenir', 'décidé par'],
  }[language];
  const rows = plan.parts.flatMap((part) =>
    part.floating
      ? [
          [
            code(part.floating.address),
            part.title[language],
            names(part.machines),
            part.components.find(({ name }) => ['keepalived', 'Pacemaker'].includes(name))?.name ?? '–',
          ],
        ]
      : [],
  );
  return table(head, rows);
}

/** Rows of the software of one role. */
function componentRows(
  components: Component[],
  role: string,
  machines: string,
  language: Language,
): string[][] {
  const kernel = { en: 'in the kernel', fr: 'dans le noyau' }[language];
  const runsAs = ({ user, service }: Component) => {
    if (user === 'kernel') return kernel;
    const parts = [...(service ? [code(service)] : []), ...(user ? [user] : [])];
    return parts.join(', ') || '–';
  };
  return components.map((component, index) => [
    index === 0 ? `**${role}**${machines ? `: ${machines}` : ''}` : '',
    component.name,
    component.package === 'ha-lab-kit' ? { en: 'the kit', fr: 'le kit' }[language] : code(component.package),
    runsAs(component),
    component.does[language],
    component.lost[language],
  ]);
}

export function componentsTable({ plan, roles }: Sources, language: Language): string {
  const head = {
    en: [
      'role: machines',
      'software',
      'package',
      'service, account',
      'what it does',
      'when it or its machine is lost',
    ],
    fr: [
      'rôle : machines',
      'logiciel',
      'paquet',
      'service, compte',
      'ce qu’il fait',
      'quand lui ou sa machine est perdu',
    ],
  }[language];
  const every = { en: 'every machine', fr: 'toutes les machines' }[language];
  const common = roles.get(COMMON);
  return table(head, [
    ...plan.parts.flatMap((part) =>
      componentRows(part.components, part.role, names(part.machines), language),
    ),
    ...(common ? componentRows(common.components, COMMON, every, language) : []),
  ]);
}

export function portsTable({ plan, roles }: Sources, language: Language): string {
  const head = {
    en: ['to', 'port', 'from', 'kind', 'what for'],
    fr: ['vers', 'port', 'depuis', 'sorte', 'pour quoi'],
  }[language];
  const everybody = {
    en: { lab: 'everybody in the lab', host: 'your computer' },
    fr: { lab: 'tout le labo', host: 'votre ordinateur' },
  }[language];
  const rows = plan.parts.flatMap(({ role, machines }) =>
    (roles.get(role)?.ports ?? []).map((port) => [
      `${role} (${names(machines)})`,
      code(portName(port)),
      port.from.map((from) => (from === 'lab' || from === 'host' ? everybody[from] : from)).join(', '),
      KINDS[port.kind][language],
      port.why[language],
    ]),
  );
  const ssh = {
    en: [
      'every machine',
      code('22/tcp'),
      'everybody in the lab, your computer',
      'administration',
      "ssh, with the lab's key only",
    ],
    fr: [
      'toutes les machines',
      code('22/tcp'),
      'tout le labo, votre ordinateur',
      'administration',
      'ssh, avec la clé du labo seulement',
    ],
  }[language];
  return table(head, [...rows, ssh]);
}

export function votesTable({ plan }: Sources, language: Language): string {
  const head = {
    en: ['who decides', 'votes', 'majority', 'losses it survives'],
    fr: ['qui décide', 'voix', 'majorité', 'pertes supportées'],
  }[language];
  return table(
    head,
    plan.votes.map(({ title, voters, majority }) => [
      title[language],
      voters.map(({ machine, role }) => `${machine} (${role})`).join(', '),
      String(majority),
      String(voters.length - majority),
    ]),
  );
}

export function timersTable({ plan, timers }: Sources, language: Language): string {
  const head = {
    en: ['software', 'what', 'value', "software's default", 'timer'],
    fr: ['logiciel', 'quoi', 'valeur', 'défaut du logiciel', 'délai'],
  }[language];
  const none = { en: 'none', fr: 'aucun' }[language];
  const rows = plan.parts.flatMap(({ components }) =>
    components.flatMap((component) =>
      component.timers.map(({ timer, means }) => {
        const { value, unit, default: standard } = timers(timer);
        const amount = (number: number) => `${number}${unit ? ` ${unit}` : ''}`;
        return [
          component.name,
          means[language],
          amount(value),
          standard === null ? none : amount(standard),
          code(timer),
        ];
      }),
    ),
  );
  // keepalived serves two addresses with the same timers.
  const seen = new Set<string>();
  const once = rows.filter(([software = '', , , , timer = '']) => {
    const key = `${software} ${timer}`;
    return !seen.has(key) && seen.add(key);
  });
  return table(head, once);
}

/** For each machine: what goes on, where, and which votes are left when it is lost. */
export function lossesTable({ plan }: Sources, language: Language): string {
  const head = {
    en: ['lost', 'its work goes on at', 'votes left of each group it votes in', 'nobody replaces'],
    fr: [
      'perdue',
      'son travail continue sur',
      'voix restantes de chaque groupe où elle vote',
      'personne ne remplace',
    ],
  }[language];
  const others = (machine: Machine, role: RoleName) =>
    plan.topology.machines.filter((other) => other.name !== machine.name && other.roles.includes(role));
  const votesOnly = (role: RoleName) =>
    plan.votes.some(({ voters }) => voters.some((voter) => voter.role === role));
  const rows = plan.topology.machines.map((machine) => {
    const replaced = machine.roles.filter((role) => others(machine, role).length > 0);
    const alone = machine.roles.filter((role) => others(machine, role).length === 0 && !votesOnly(role));
    const votes = plan.votes.flatMap(({ title, voters, majority }) => {
      const left = voters.filter((voter) => voter.machine !== machine.name).length;
      if (left === voters.length) return [];
      const enough =
        left >= majority
          ? { en: 'majority', fr: 'majorité' }
          : { en: '**no majority**', fr: '**pas de majorité**' };
      return [`${title[language]}: ${left}/${voters.length}, ${enough[language]}`];
    });
    return [
      `**${machine.name}**`,
      replaced.map((role) => `${role}: ${names(others(machine, role))}`).join('; ') || '–',
      votes.join('; ') || '–',
      alone.join(', ') || '–',
    ];
  });
  return table(head, [...rows, ...switchLosses(plan, language), ...powerSwitchLoss(plan, language)]);
}

/** The same for the power switch of the storage machines: nothing that is served goes through it. */
function powerSwitchLoss({ topology }: Architecture, language: Language): string[][] {
  if (machinesOf(topology, 'storage').length < 2) return [];
  const [word, watchdogs, all] = {
    en: ['power switch', 'the watchdogs of the storage machines, which take longer', 'all'],
    fr: [
      'prise commandée',
      'les chiens de garde des machines de stockage, qui prennent plus de temps',
      'toutes',
    ],
  }[language] as [string, string, string];
  return [[`**${word}**`, watchdogs, all, '–']];
}

/** The same for the switches and the cable between them: no vote is lost with one of two. */
function switchLosses({ topology }: Architecture, language: Language): string[][] {
  const { switches } = topology.network;
  const word = { en: 'switch', fr: 'commutateur' }[language];
  const all = { en: 'all', fr: 'toutes' }[language];
  const [first = ''] = switches;
  const rows = switches.map((name) => {
    const others = switches.filter((other) => other !== name).map((other) => `${word} ${other}`);
    const left = others.length > 0 ? all : { en: '**none**', fr: '**aucune**' }[language];
    const alone = others.length > 0 ? '–' : { en: 'the network', fr: 'le réseau' }[language];
    return [`**${word} ${name}**`, others.join(', ') || '–', left, alone];
  });
  if (switches.length < 2) return rows;
  const link = { en: 'cable between the switches', fr: 'câble entre les commutateurs' }[language];
  const unused = {
    en: `switch ${first}, with which all machines work`,
    fr: `commutateur ${first}, avec lequel toutes les machines travaillent`,
  }[language];
  return [...rows, [`**${link}**`, unused, all, '–']];
}
