import { LabError } from '../base/errors.ts';
import type { Machine } from '../topology/model.ts';
import type { Engine } from './engine.ts';
import { requireAbility } from './limits.ts';

/** Names of the machines that do not run. */
export async function idleMachines(engine: Engine, machines: Machine[]): Promise<string[]> {
  const states = await engine.states();
  return machines.map(({ name }) => name).filter((name) => states.get(name) !== 'running');
}

/** LabError that names the machines that do not run. */
export async function requireRunning(engine: Engine, machines: Machine[]): Promise<void> {
  const idle = await idleMachines(engine, machines);
  if (idle.length === 0) return;
  const names = idle.join(', ');
  throw new LabError(
    idle.length === 1
      ? { en: `${names} is not running.`, fr: `${names} n'est pas en marche.` }
      : {
          en: `These machines are not running: ${names}.`,
          fr: `Ces machines ne sont pas en marche : ${names}.`,
        },
    {
      en: 'start what is off with `lab up`; `lab status` shows each machine.',
      fr: 'démarrez ce qui est éteint avec `lab up` ; `lab status` montre chaque machine.',
    },
  );
}

/** LabError when ssh cannot reach a machine: it is off, stands still, or its cable is cut and there is no other way. */
export async function requireReachable(
  engine: Pick<Engine, 'name' | 'states' | 'cableIsCut'>,
  machine: Machine,
): Promise<void> {
  const { name } = machine;
  const state = (await engine.states()).get(name) ?? 'absent';
  if (state === 'frozen')
    throw new LabError(
      {
        en: `${name} is frozen: its processor stands still.`,
        fr: `${name} est gelée : son processeur est arrêté.`,
      },
      {
        en: '`lab fault --undo` undoes what was broken by its name, `lab break --undo` an incident, too.',
        fr: '`lab fault --undo` annule ce qui a été cassé par son nom, `lab break --undo` aussi un incident.',
      },
    );
  if (state !== 'running')
    throw new LabError(
      { en: `${name} is not running.`, fr: `${name} n'est pas en marche.` },
      { en: `start it with \`lab up ${name}\`.`, fr: `démarrez-la avec \`lab up ${name}\`.` },
    );
  if (await engine.cableIsCut?.(machine)) requireAbility(engine, 'reach-cut', name);
}
