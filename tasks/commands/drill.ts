import { openDrillLab } from '../drill/lab.ts';
import type { DrillResult, FaultKind, Holder, Verdict } from '../drill/model.ts';
import { renderDrill } from '../drill/render.ts';
import { type DrillStep, runDrill } from '../drill/run.ts';
import { drillId, nameOfFault } from '../drill/store.ts';
import type { Target } from '../drill/target.ts';
import { overall } from '../drill/verdict.ts';
import { faultText } from '../drill/words.ts';
import { existingLab } from '../lab/lab.ts';
import { say } from '../ui/text.ts';

export interface DrillOptions {
  name: string;
  fault?: FaultKind;
  holder?: Holder;
  service?: string;
  from?: string;
  hold?: string;
  repeat?: string;
  all?: boolean;
  again?: boolean;
  random?: boolean;
  seed?: string;
  for?: string;
  json?: boolean;
}

/** Exit code: 0 every budget kept, 1 one was not, 3 it cannot be told. */
const CODES: Record<Verdict, number> = { pass: 0, fail: 1, unknown: 3 };

export async function drill(machine: string | undefined, options: DrillOptions): Promise<number> {
  const lab = await openDrillLab(await existingLab(options.name));
  const target: Target = {
    kind: options.fault ?? 'power',
    ...(machine ? { machine } : { holder: options.holder ?? 'front' }),
    ...(options.service ? { service: options.service } : {}),
    ...(options.from ? { peer: options.from } : {}),
  };
  const results: DrillResult[] = [];
  const tell = options.json ? () => undefined : showStep();
  const id = drillId(new Date(), nameOfFault({ ...target, machine: machine ?? target.holder ?? '' }));
  results.push(
    await runDrill(lab, { id, target, ...(options.hold ? { hold: Number(options.hold) } : {}) }, tell),
  );
  for (const result of results) {
    console.log(options.json ? JSON.stringify(result, null, 2) : `\n${renderDrill(result)}`);
  }
  return CODES[overall(results.map((result) => result.verdict))];
}

function showStep(): (step: DrillStep) => void {
  let last = '';
  return (step) => {
    const line = stepText(step);
    if (line !== last) console.log(line);
    last = line;
  };
}

function stepText(step: DrillStep): string {
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
