import { say } from '../../base/text.ts';
import type { Fault } from './model.ts';
import { faultWords } from './names.ts';
import type { DrillStep } from './run.ts';

/** One line on a fault, with what its machine held. */
export const faultText = (fault: Fault): string => say(faultWords(fault));

/** One line on what a drill is doing. */
export function stepText(step: DrillStep): string {
  switch (step.step) {
    case 'left':
      return say({
        en: `Undone what an interrupted drill left: ${faultText(step.fault)}.`,
        fr: `Défait ce qu'un exercice interrompu a laissé : ${faultText(step.fault)}.`,
      });
    case 'looking':
      return say({ en: 'Full redundancy?', fr: 'Redondance complète ?' });
    case 'steady':
      return say({
        en: 'Steady state: measuring before the fault.',
        fr: 'État stable : mesure avant la panne.',
      });
    case 'fault':
      return say({
        en: `Fault: ${faultText(step.fault)}, for ${step.seconds} s.`,
        fr: `Panne : ${faultText(step.fault)}, pendant ${step.seconds} s.`,
      });
    case 'waiting':
      return say({
        en: `Waiting for full redundancy: ${step.missing.length} missing (${step.missing[0]}).`,
        fr: `Attente de la redondance complète : ${step.missing.length} manques (${step.missing[0]}).`,
      });
    case 'reading':
      return say({ en: 'Reading everything back.', fr: 'Relecture de tout ce qui a été écrit.' });
  }
}
