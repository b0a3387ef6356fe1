import { say } from '../../../base/text.ts';
import { diagnose } from '../../../class/doctor.ts';
import type { Finding } from '../../../class/engine.ts';
import { engineOf, existingClass } from '../../../class/record.ts';

const SIGNS = { ok: '✔', warn: '⚠', fail: '✖' } as const;

/** `lab class doctor`. Exit code 0 when labs can run, 1 otherwise. */
export async function doctor(options: { class: string; json?: boolean }): Promise<number> {
  const record = await existingClass(options.class);
  const diagnosis = await diagnose(record, engineOf(record.settings), undefined, (server) => {
    if (!options.json && process.stderr.isTTY)
      console.error(say({ en: `Looking at ${server} …`, fr: `Examen de ${server} …` }));
  });
  if (options.json) console.log(JSON.stringify(diagnosis, null, 2));
  else {
    console.log(say({ en: 'Cluster', fr: 'Cluster' }));
    show(diagnosis.cluster);
    for (const { server, findings } of diagnosis.servers) {
      console.log(`\n${say({ en: 'Server', fr: 'Serveur' })} ${server}`);
      show(findings);
    }
    console.log(
      diagnosis.healthy
        ? say({ en: '\nLabs can run.', fr: '\nLes labs peuvent tourner.' })
        : say({ en: '\nWhat has a ✖ must change first.', fr: '\nCe qui porte un ✖ doit d’abord changer.' }),
    );
  }
  return diagnosis.healthy ? 0 : 1;
}

function show(findings: Finding[]): void {
  for (const { status, text, fix } of findings) {
    console.log(`  ${SIGNS[status]} ${say(text)}`);
    if (fix && status !== 'ok')
      console.log(`    ${say({ en: 'To ask for:', fr: 'À demander :' })} ${say(fix)}`);
  }
}
