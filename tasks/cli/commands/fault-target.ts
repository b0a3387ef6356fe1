import { LabError } from '../../base/errors.ts';
import type { Holder } from '../../inspect/holders.ts';
import type { FaultKind } from '../../measure/drill/model.ts';
import type { Target } from '../../measure/drill/target.ts';

/** What a command line says of a fault. */
export interface TargetOptions {
  fault?: FaultKind;
  holder?: Holder;
  service?: string;
  from?: string;
}

/** What is to be broken; LabError for a machine and a holder at once. */
export function targetFrom(machine: string | undefined, options: TargetOptions): Target {
  if (machine && options.holder)
    throw optionError('--holder', 'no machine as well', 'pas de machine en plus');
  return {
    kind: options.fault ?? 'power',
    ...(machine ? { machine } : { holder: options.holder ?? 'front' }),
    ...(options.service ? { service: options.service } : {}),
    ...(options.from ? { peer: options.from } : {}),
  };
}

export const optionError = (what: string, en: string, fr: string): LabError =>
  new LabError(
    { en: `${what} cannot be understood.`, fr: `${what} ne peut pas être compris.` },
    { en: `give ${en}.`, fr: `donnez ${fr}.` },
  );
