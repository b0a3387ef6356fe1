import {
  CONCERN_WORDS,
  type Finding,
  type Say,
  saysSomething,
  TOPICS,
  type Topic,
  tooShort,
  unknown,
} from './finding.ts';
import { losses } from './findings-losses.ts';
import { isNeeded, reached, singlePoints, visitorsOf } from './losses.ts';
import { CONCERNS, type Dossier, type Loss } from './model.ts';
import type { Path } from './read.ts';

/** What is missing in a dossier, topic by topic; `given`: the exercise's own drawing. */
export function findingsOf(dossier: Dossier, given: Dossier): Finding[] {
  const judges: Record<Topic, (dossier: Dossier, say: Say, given: Dossier) => void> = {
    ...{ given: givenFindings, elements, losses, noticing, growth },
  };
  return TOPICS.flatMap((topic) => {
    const found: Finding[] = [];
    judges[topic](dossier, (at, en, fr) => found.push({ topic, at, text: { en, fr } }), given);
    return found;
  });
}

/** What no machine is without. */
const HANGS_ON = [
  [
    'switch',
    'what do the machines hang on? There is no switch',
    "à quoi les machines sont-elles reliées ? Il n'y a pas de commutateur (switch)",
  ],
  [
    'power',
    'where do the machines get their power from? There is no power supply (power)',
    "d'où les machines tiennent-elles leur courant ? Il n'y a pas d'alimentation (power)",
  ],
] as const;
/** Everything that may be named though no element of a drawing: it is there all the same. */
const NOT_DRAWN = ['network', 'switch', 'power', 'link'];

/** The single points of failure of the given drawing, by the same rules as those of a student's own. */
function givenFindings(dossier: Dossier, say: Say, given: Dossier): void {
  const named = dossier['single-points'];
  const right = singlePoints(given);
  // How a cluster of two votes is not told by the drawing: who names its machines is not wrong.
  const open = Object.values(given.components).flatMap(({ role, on = [] }) =>
    role === 'database' ? on : [],
  );
  if (Object.keys(named).length === 0) {
    say(['single-points'], 'none is named', "aucun n'est nommé");
    return;
  }
  for (const [name, why] of Object.entries(named)) {
    const at = ['single-points', name];
    if (!given.hardware[name] && !NOT_DRAWN.includes(name)) {
      const list = Object.keys(given.hardware).join(', ');
      say(
        at,
        `the given drawing has no ${name}: it has ${list}`,
        `le schéma donné n'a pas de ${name} : il a ${list}`,
      );
    } else if (given.hardware[name] && !right.has(name) && !open.includes(name))
      say(at, `without ${name} the service goes on`, `sans ${name}, le service continue`);
    else if (!saysSomething(why)) {
      const brief = tooShort(why);
      say(at, `say why ${name} is one${brief.en}`, `dites pourquoi ${name} en est un${brief.fr}`);
    }
  }
  const missing = [...right.keys()].filter((name) => named[name] === undefined);
  // Which ones would be the answer.
  if (missing.length > 0)
    say(
      ['single-points'],
      `${missing.length} of them is not named yet: take away one element of the drawing after the other`,
      `il en manque ${missing.length} : retirez un à un les éléments du schéma`,
    );
}

/** Everything is there, has a place and is reached. */
function elements(dossier: Dossier, say: Say): void {
  const { hardware, components, covers } = dossier;
  if (Object.keys(hardware).length === 0)
    say(['hardware'], 'no hardware is listed', "aucun matériel n'est listé");
  if (Object.keys(components).length === 0)
    say(['components'], 'no component is listed', "aucun composant logiciel n'est listé");
  for (const [name, { kind, carries = [] }] of Object.entries(hardware)) {
    if (kind === undefined)
      say(['hardware', name], `the kind of ${name} is missing`, `il manque la sorte (kind) de ${name}`);
    for (const other of carries)
      if (!hardware[other]) unknown(say, ['hardware', name, 'carries'], name, other);
  }
  for (const [name, component] of Object.entries(components)) {
    const { role, software, on = [], uses = [] } = component;
    const at = ['components', name];
    const missing = [
      ...(role === undefined ? ['role'] : []),
      ...(software === undefined ? ['software'] : []),
      ...(on.length === 0 ? ['on'] : []),
    ].join(', ');
    if (missing) say(at, `${name} lacks ${missing}`, `il manque à ${name} : ${missing}`);
    for (const place of on) if (!hardware[place]) unknown(say, [...at, 'on'], name, place);
    for (const other of uses) if (!components[other]) unknown(say, [...at, 'uses'], name, other);
  }
  for (const name of Object.keys(hardware))
    if (
      (hardware[name]?.kind ?? 'machine') === 'machine' &&
      !Object.values(components).some(({ on }) => on?.includes(name))
    )
      say(['hardware', name], `nothing runs on ${name}`, `rien ne tourne sur ${name}`);
  // The given drawing has neither, and yet every machine hangs on one of each.
  const kinds = new Set(Object.values(hardware).map(({ kind }) => kind));
  for (const [kind, en, fr] of HANGS_ON) if (kinds.size > 0 && !kinds.has(kind)) say(['hardware'], en, fr);
  for (const concern of CONCERNS) {
    const { en, fr } = CONCERN_WORDS[concern];
    const by = covers[concern] ?? [];
    if (by.length === 0) say(['covers', concern], `nothing covers ${en}`, `rien ne couvre ${fr}`);
    for (const name of by) if (!components[name]) unknown(say, ['covers', concern], concern, name);
  }
  way(dossier, say);
}

/** From the https front a request can reach what keeps sessions, files and rows. */
function way({ components, covers }: Dossier, say: Say): void {
  const entry = (covers.https ?? []).filter((name) => components[name]);
  if (entry.length === 0) return;
  const seen = reached({ components } as Dossier, entry);
  for (const concern of CONCERNS)
    for (const name of covers[concern] ?? [])
      if (components[name] && !seen.has(name))
        say(
          ['components', name],
          `no way (uses) leads from ${entry.join(', ')} to ${name}`,
          `aucun chemin (uses) ne mène de ${entry.join(', ')} à ${name}`,
        );
}

/** Each loss: how it is noticed, and how long it is felt. A promise is a number. */
function noticing(dossier: Dossier, say: Say): void {
  const { hardware, components } = dossier;
  const visitors = visitorsOf(dossier);
  const ask = (at: Path, name: string, { noticed, outage }: Loss) => {
    if (!saysSomething(noticed)) {
      const brief = tooShort(noticed);
      say(
        [...at, 'noticed'],
        `how is the loss of ${name} noticed?${brief.en}`,
        `comment la perte de ${name} est-elle remarquée ?${brief.fr}`,
      );
    }
    if (outage === undefined)
      say(
        [...at, 'outage'],
        `how long is the loss of ${name} felt?`,
        `combien de temps la perte de ${name} se fait-elle sentir ?`,
      );
    else if (outage === 'forever')
      say(
        [...at, 'outage'],
        `the loss of ${name} is felt until somebody mends it`,
        `la perte de ${name} se fait sentir jusqu'à ce que quelqu'un répare`,
      );
  };
  for (const [name, element] of Object.entries(hardware))
    if (!visitors.has(name)) ask(['hardware', name], name, element);
  for (const [name, component] of Object.entries(components))
    if (component.role !== 'client') ask(['components', name], name, component);
  if (Object.keys(hardware).length + Object.keys(components).length === 0)
    say(['hardware'], 'nothing is listed yet', "rien n'est encore listé");
  // A machine that holds a part is not felt for a shorter time than the part.
  for (const [name, { outage, kind = 'machine' }] of Object.entries(hardware)) {
    if (typeof outage !== 'number' || kind !== 'machine') continue;
    for (const [part, component] of Object.entries(components)) {
      const { on = [], outage: own } = component;
      if (isNeeded(component) && on.includes(name) && typeof own === 'number' && own > outage)
        say(
          ['hardware', name, 'outage'],
          `the loss of ${name} takes ${part} with it, which is felt for ${own} s: longer than ${outage} s`,
          `la perte de ${name} emporte ${part}, qui se fait sentir ${own} s : plus que ${outage} s`,
        );
    }
  }
}

/** More load means more machines of a tier, and the web tier keeps nothing that another machine would miss. */
function growth(dossier: Dossier, say: Say): void {
  const { components, covers } = dossier;
  const own = Object.entries(components).filter(([, component]) => isNeeded(component));
  if (own.length === 0) say(['components'], 'nothing is listed yet', "rien n'est encore listé");
  for (const [name, { role, grows }] of own) {
    if (grows === undefined)
      say(
        ['components', name],
        `how does ${name} take more load (grows)?`,
        `comment ${name} supporte-t-il plus de charge (grows) ?`,
      );
    else if (role === 'web' && grows !== 'machines')
      say(
        ['components', name, 'grows'],
        `${name} does not grow by machines beside it: more visitors would ask for another architecture`,
        `${name} ne grandit pas par l'ajout de machines : plus de visiteurs exigeraient une autre architecture`,
      );
  }
  for (const concern of ['sessions', 'files'] as const)
    for (const name of covers[concern] ?? [])
      if (components[name]?.role === 'web')
        say(
          ['covers', concern],
          `${CONCERN_WORDS[concern].en} are kept by ${name} on each web machine: a new one has none of them`,
          `${CONCERN_WORDS[concern].fr} sont gardés par ${name} sur chaque machine web : une nouvelle n'en aurait aucun`,
        );
}
