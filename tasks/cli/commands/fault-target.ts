import { LabError } from '../../base/errors.ts';
import type { Holder } from '../../inspect/holders.ts';
import { type FaultKind, ofEquipment } from '../../measure/drill/model.ts';
import type { Target } from '../../measure/drill/target.ts';
import type { SwitchName } from '../../topology/model.ts';

/** What a command line says of a fault. */
export interface TargetOptions {
  fault?: FaultKind;
  holder?: Holder;
  service?: string;
  from?: string;
  switch?: SwitchName;
  with?: string;
}

/** What is to be broken; LabError for a machine and a holder at once. */
export function targetFrom(machine: string | undefined, options: TargetOptions): Target {
  if (machine && options.holder)
    throw optionError('--holder', 'no machine as well', 'pas de machine en plus');
  const kind = options.fault ?? 'power';
  if (ofEquipment(kind)) {
    if (machine || options.holder)
      throw optionError(`--fault ${kind}`, 'no machine with it', 'pas de machine avec elle');
    return { kind, ...(options.switch ? { switch: options.switch } : {}) };
  }
  const others = options.with
    ?.split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  if (others && kind !== 'several')
    throw optionError(`--with ${options.with}`, '--fault several', '--fault several');
  const one = options.switch !== undefined;
  if (one && kind !== 'cable')
    throw optionError(
      `--switch ${options.switch}`,
      '--fault switch or --fault cable',
      '--fault switch ou --fault cable',
    );
  return {
    // A machine's cable: the one to that switch.
    kind: one ? 'one-cable' : kind,
    ...(options.switch ? { switch: options.switch } : {}),
    ...(machine ? { machine } : { holder: options.holder ?? 'front' }),
    ...(options.service ? { service: options.service } : {}),
    ...(options.from ? { peer: options.from } : {}),
    ...(others ? { with: others } : {}),
  };
}

export const optionError = (what: string, en: string, fr: string): LabError =>
  new LabError(
    { en: `${what} cannot be understood.`, fr: `${what} ne peut pas être compris.` },
    { en: `give ${en}.`, fr: `donnez ${fr}.` },
  );
