import { applicationName, servedApplication } from '../../artifacts/application/application.ts';
import { seconds } from '../../base/progress.ts';
import { say } from '../../base/text.ts';
import type { Environment } from '../../environment/record.ts';
import { type Machine, machinesOf } from '../../topology/model.ts';

/** What there is to say of machines that were started without any role. */
export interface Booted {
  environment: Environment;
  /** NN of the lab that they are in. */
  lab: string | undefined;
  machines: Machine[];
  /** When the command began, in milliseconds since 1970. */
  since: number;
  /** JSON for programs. */
  quiet: boolean;
}

/** Says that machines were started, and in a lab that they are as they were left. */
export function tellBooted({ environment, lab, machines, since, quiet }: Booted): void {
  if (quiet) {
    const took = Number(((Date.now() - since) / 1000).toFixed(1));
    const names = machines.map(({ name }) => name);
    const { engine } = environment.record;
    const found = { lab: environment.name, engine, started: lab ?? null, seconds: took, machines: names };
    console.log(JSON.stringify(found, null, 2));
    return;
  }
  console.log(
    say({ en: `Machines started in ${seconds(since)}.`, fr: `Machines démarrées en ${seconds(since)}.` }),
  );
  if (lab === undefined) return;
  console.log(
    say({
      en: `They are in lab ${lab} as you left them: no role was applied. \`lab up --all-roles\` saves your work and makes the whole stack.`,
      fr: `Elles sont dans le lab ${lab}, telles que vous les avez laissées : aucun rôle n'a été appliqué. \`lab up --all-roles\` sauvegarde votre travail et construit toute la pile.`,
    }),
  );
}

/** Where the work of a lab is that is left now. */
export const tellLeaving = (saved: string): string =>
  say({
    en: `The lab is left; your work is in the snapshot ${saved}.`,
    fr: `Le lab est quitté ; votre travail est dans l'instantané ${saved}.`,
  });

/** What there is to say once roles were applied. */
export interface Ready {
  environment: Environment;
  /** Roles of the topology that cannot be provisioned. */
  left: string[];
  answer: { servedBy?: string | undefined; through?: string | undefined } | undefined;
  /** Names of machines that do not run. */
  off: string[];
  /** The roles that were applied, where not all were (--until). */
  applied: string[] | undefined;
  /** When the command began, in milliseconds since 1970. */
  since: number;
}

/** Says what was made and how to go on. */
export function tellReady({ environment, left, answer, off, applied, since }: Ready): void {
  const { topology, record } = environment;
  const front = topology.floating.front?.address;
  const client = machinesOf(topology, 'client')[0];
  if (left.length > 0) {
    console.log(
      say({
        en: `Roles of the topology that this version does not provision yet: ${left.join(', ')}.`,
        fr: `Rôles de la topologie que cette version ne configure pas encore : ${left.join(', ')}.`,
      }),
    );
  }
  if (answer) {
    const runs = applicationName(servedApplication(record));
    console.log(
      say({
        en: `${runs.en} answers at https://${front}/ (from ${client?.name}: served by ${answer.servedBy} through ${answer.through}).`,
        fr: `${runs.fr} répond à https://${front}/ (depuis ${client?.name} : servi par ${answer.servedBy} via ${answer.through}).`,
      }),
    );
  }
  if (off.length > 0) {
    const names = off.join(', ');
    console.log(
      say({
        en: `Left off: ${names}; so the page was not asked for. \`lab up\` starts them too.`,
        fr: `Laissées éteintes : ${names} ; la page n'a donc pas été demandée. \`lab up\` les démarre aussi.`,
      }),
    );
  }
  if (applied) {
    const roles = applied.join(', ');
    console.log(
      say({
        en: `Applied where machines have them: ${roles}; no other role. Ready in ${seconds(since)}. \`lab up\` applies the rest.`,
        fr: `Appliqués là où des machines les ont : ${roles} ; aucun autre rôle. Prêt en ${seconds(since)}. \`lab up\` applique le reste.`,
      }),
    );
    return;
  }
  const first = client?.name ?? topology.machines[0]?.name;
  console.log(
    say({
      en: `Ready in ${seconds(since)}. Next: lab open (in a browser), lab status, lab ssh ${first}.`,
      fr: `Prêt en ${seconds(since)}. Ensuite : lab open (dans un navigateur), lab status, lab ssh ${first}.`,
    }),
  );
}
