import type { Text } from '../../base/text.ts';
import type { Topology } from '../../topology/model.ts';
import { type Continued, continuedBy } from '../guides/continued.ts';
import type { LabGuide } from '../guides/model.ts';
import type { LabsState } from '../state/state.ts';
import { builtOn, type KeptFiles, keptFiles, ownValues } from './own-files.ts';
import { belonging, type MachineFiles } from './place.ts';

/** A student's files of an earlier lab that a lab may begin with. */
export interface Offer {
  lab: LabGuide;
  /** Ids of its steps that must hold with them. */
  steps: string[];
  machines: (MachineFiles & { keys: string[] })[];
  /** What the kit had done in the student's place. */
  done: string[];
}

/** Why a lab begins with the kit's files instead of the student's. */
export interface Refused {
  /** Labs whose files these would have been, NN. */
  labs: string[];
  /** Machines that have the kit's; none where nothing was to be laid on any. */
  machines: string[];
  why: Text;
  /** What to do, where something can be done. */
  fix?: Text;
}

/** What a student has to begin a lab with, and why not the rest. Nothing is asked of a machine. */
export async function offersFor(
  { folder, topology, state }: { folder: string; topology: Topology; state: LabsState },
  labs: LabGuide[],
  guide: LabGuide,
): Promise<{ offers: Offer[]; refused: Refused[] }> {
  const { may, not } = continuedBy(labs, guide);
  const offers: Offer[] = [];
  const refused: Refused[] = not.map(({ labs, why }) => ({
    labs: labs.map(({ id }) => id),
    machines: [],
    why,
  }));
  for (const continued of may) {
    const { lab } = continued;
    const carried = machinesFor(continued, topology);
    const kept = await keptFiles(folder, lab.id);
    const flaw = kept === 'unusable' || !kept ? nothingKept(lab, kept) : flawOf(lab, kept, carried, state);
    if (flaw || kept === 'unusable' || !kept) {
      const fix = againFrom(lab, guide);
      refused.push({
        labs: [lab.id],
        machines: [...carried.keys()],
        why: flaw ?? nothingKept(lab, kept),
        fix,
      });
      continue;
    }
    offers.push({
      ...{ lab, steps: continued.steps, done: kept.done },
      machines: [...carried].map(([machine, { units, ...paths }]) => {
        const { files = {}, left = [], keys = [] } = kept.machines[machine] ?? {};
        const allowed = belonging(Object.fromEntries(keys.map((key) => [key, NO_FILE])), paths).files;
        return {
          ...{ machine, carried: paths, units, left, keys: [...allowed.keys()] },
          files: belonging(files, paths).files,
        };
      }),
    });
  }
  return { offers, refused };
}

const NO_FILE = { mode: '0600', owner: 'root:root', data: '' };

/** The machines that get files: those with a role that was built there and that the kit has applied here. */
function machinesFor({ lab, roles }: Continued, topology: Topology) {
  const machines = topology.machines.filter((machine) => machine.roles.some((role) => roles.includes(role)));
  const names = new Set(machines.map(({ name }) => name));
  return new Map([...builtOn(lab, topology)].filter(([machine]) => names.has(machine)));
}

/** What to do to begin with what one has in a lab. */
export const againFrom = (lab: LabGuide, guide: LabGuide): Text => ({
  en: `bring your work back with \`lab start ${lab.id} --resume\`, mend it there, then \`lab start ${guide.id} --from-mine\` again`,
  fr: `ramenez votre travail avec \`lab start ${lab.id} --resume\`, corrigez-le là, puis relancez \`lab start ${guide.id} --from-mine\``,
});

const nothingKept = ({ id }: LabGuide, kept: unknown): Text =>
  kept === undefined
    ? {
        en: `no files of yours are kept of lab ${id}: they are when you leave it`,
        fr: `aucun fichier à vous n'est gardé du lab ${id} : ils le sont quand vous le quittez`,
      }
    : {
        en: `what was kept of lab ${id} cannot be read`,
        fr: `ce qui a été gardé du lab ${id} est illisible`,
      };

/** Why what was kept cannot be laid over the kit's as a whole; undefined when it can. */
function flawOf(
  lab: LabGuide,
  kept: KeptFiles,
  carried: ReturnType<typeof machinesFor>,
  state: LabsState,
): Text | undefined {
  const names = [...carried.keys()];
  const silent = names.filter((name) => !kept.machines[name]).join(', ');
  if (silent)
    return {
      en: `${silent} did not answer when you left lab ${lab.id}`,
      fr: `${silent} ne répondait pas quand vous avez quitté le lab ${lab.id}`,
    };
  if (kept.faults.length > 0)
    return {
      en: `a fault of \`lab break\` was open when you left lab ${lab.id} (${kept.faults.join(', ')})`,
      fr: `une panne de \`lab break\` était ouverte quand vous avez quitté le lab ${lab.id} (${kept.faults.join(', ')})`,
    };
  const left = names.flatMap((name) => (kept.machines[name]?.left ?? []).map((path) => `${name}:${path}`));
  if (left.length > 0)
    return {
      en: `some are too large, or too many, to be carried (${left.slice(0, 3).join(', ')})`,
      fr: `certains sont trop gros, ou trop nombreux, pour être repris (${left.slice(0, 3).join(', ')})`,
    };
  const bare = names.filter((name) => Object.keys(kept.machines[name]?.files ?? {}).length === 0).join(', ');
  if (bare) return { en: `you had written none on ${bare}`, fr: `vous n'en aviez écrit aucun sur ${bare}` };
  const now = ownValues(lab, state);
  const [other] = Object.keys(now).filter((name) => kept.values[name] !== now[name]);
  if (other !== undefined)
    return {
      en: `they have the values of another student (${other}: ${kept.values[other]}, yours is ${now[other]})`,
      fr: `ils ont les valeurs d'un autre étudiant (${other} : ${kept.values[other]}, la vôtre est ${now[other]})`,
    };
  return undefined;
}
