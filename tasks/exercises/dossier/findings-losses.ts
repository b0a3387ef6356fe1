import { type Say, unknown } from './finding.ts';
import { isNeeded, singlePoints, visitorsOf } from './losses.ts';
import { type Dossier, ONLY_VOTES } from './model.ts';
import type { Path } from './read.ts';

/** No loss of one element takes the service with it, and what is said to take over can. */
export function losses(dossier: Dossier, say: Say): void {
  const { hardware, components } = dossier;
  for (const [name, gone] of singlePoints(dossier)) {
    const at = ['hardware', name];
    const list = gone.components.join(', ');
    if (list)
      say(at, `without ${name} nothing runs ${list}`, `sans ${name}, plus rien ne fait tourner ${list}`);
    for (const { group, left, of } of gone.votes)
      say(
        at,
        `without ${name} ${group} has ${left} of ${of} votes, which is no majority`,
        `sans ${name}, il reste à ${group} ${left} voix sur ${of} : pas de majorité`,
      );
  }
  const visitors = visitorsOf(dossier);
  for (const [name, { kind = 'machine', 'takes-over': takers }] of Object.entries(hardware)) {
    if (visitors.has(name)) continue;
    const at = ['hardware', name, 'takes-over'];
    if (takers === undefined) {
      say(['hardware', name], `who takes over from ${name}?`, `qui prend le relais de ${name} ?`);
      continue;
    }
    for (const taker of takers) {
      const other = hardware[taker];
      if (taker === name)
        say(at, `${name} cannot take over from itself`, `${name} ne peut pas se remplacer elle-même`);
      else if (!other) unknown(say, at, name, taker);
      else if (kind !== (other.kind ?? 'machine'))
        say(
          at,
          `${taker} is no ${kind}: it cannot take over from ${name}`,
          `${taker} n'est pas de la même sorte que ${name} (${kind})`,
        );
    }
    if (kind === 'machine') machineTakers(dossier, name, takers, say);
  }
  for (const [name, component] of Object.entries(components)) {
    if (component.role === 'client') continue;
    const at = ['components', name, 'takes-over'];
    const takers = component['takes-over'];
    if (takers === undefined)
      say(['components', name], `who takes over from ${name}?`, `qui prend le relais de ${name} ?`);
    else componentTakers(component, name, takers, say, at);
  }
}

/** Whoever takes over from a machine runs what the machine ran. */
function machineTakers({ components, hardware }: Dossier, name: string, takers: string[], say: Say): void {
  const at = ['hardware', name, 'takes-over'];
  const known = takers.filter((taker) => taker !== name && hardware[taker]);
  const own = Object.entries(components).filter(
    ([, component]) => isNeeded(component) && component.on?.includes(name),
  );
  const left = own.flatMap(([component, { on = [] }]) =>
    known.some((taker) => on.includes(taker)) ? [] : [component],
  );
  if (left.length === 0) return;
  const list = left.join(', ');
  if (known.length > 0)
    say(at, `${known.join(', ')} does not run ${list}`, `${known.join(', ')} ne fait pas tourner ${list}`);
  else if (own.some(([, { on = [] }]) => on.length > 1))
    say(
      at,
      `nothing is said to take over from ${name}, though others run what it runs`,
      `rien ne prendrait le relais de ${name}, alors que d'autres font tourner la même chose`,
    );
}

/** A component goes on where it runs as well; alone it has nobody. */
function componentTakers(
  { on = [], role }: Dossier['components'][string],
  name: string,
  takers: string[],
  say: Say,
  at: Path,
): void {
  const others = takers.filter((taker) => !on.includes(taker));
  if (others.length > 0)
    say(at, `${name} does not run on ${others.join(', ')}`, `${name} ne tourne pas sur ${others.join(', ')}`);
  else if (takers.length === 0 && on.length > 1 && role !== undefined && !ONLY_VOTES.includes(role))
    say(
      at,
      `nothing is said to take over from ${name}, though it runs on ${on.join(', ')}`,
      `rien ne prendrait le relais de ${name}, alors qu'il tourne sur ${on.join(', ')}`,
    );
}
