import type { EngineName } from '../base/engine-names.ts';
import { quickChecks, requireNoFailure } from '../host/doctor/index.ts';
import { installPackages } from '../host/doctor/install.ts';
import { missingFor, missingPackages, type Purpose } from '../host/doctor/requirements.ts';
import { gatherEngineFacts } from '../host/facts.ts';
import type { Topology } from '../topology/model.ts';
import { type Choice, chooseEngine } from './choose.ts';

/** Nothing is built here: what a build needs is asked for when something must be built (installFor). */
const NO_BUILDS = { image: false, kernel: false };

/**
 * The engine for a new lab, with this computer ready to run it: missing Debian packages are installed (after asking,
 * unless `yes`), then the quick part of the doctor must find no failure.
 */
export async function selectEngine(
  topology: Topology,
  wish: EngineName | undefined,
  options: { yes: boolean },
): Promise<Choice> {
  const choice = chooseEngine(await gatherEngineFacts(), wish);
  await installPackages(missingPackages(choice.engine, NO_BUILDS), options);
  requireNoFailure(await quickChecks(choice.engine, topology));
  return choice;
}

/** Installs the Debian packages that building an image, a kernel or a box takes. */
export async function installFor(purposes: Purpose[], options: { yes: boolean }): Promise<void> {
  await installPackages(
    [...new Set(missingFor(purposes).map((requirement) => requirement.debianPackage))],
    options,
  );
}
