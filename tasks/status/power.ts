import type { Engine } from '../engines/engine.ts';
import type { Machine } from '../topology/model.ts';
import { LabError } from '../ui/errors.ts';

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
