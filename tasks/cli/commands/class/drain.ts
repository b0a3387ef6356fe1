import { seconds } from '../../../base/progress.ts';
import { say } from '../../../base/text.ts';
import { drainServer, undoDrain } from '../../../class/drain.ts';
import { engineOf, existingClass, withClassLock } from '../../../class/record.ts';

/** `lab class drain SERVER`. Exit code 1 when a lab is still there. */
export async function drain(
  server: string,
  options: { class: string; undo?: boolean; json?: boolean },
): Promise<number> {
  const since = Date.now();
  const { folder } = await existingClass(options.class);
  return withClassLock(folder, `lab class drain ${server}`, async () => {
    const record = await existingClass(folder);
    const engine = engineOf(record.settings);
    if (options.undo) {
      await undoDrain(record, engine, server);
      if (options.json) console.log(JSON.stringify({ server, avoid: record.avoid }, null, 2));
      else
        console.log(
          say({
            en: `${server} may have labs of this class again.`,
            fr: `${server} peut de nouveau avoir des labs de cette classe.`,
          }),
        );
      return 0;
    }
    const done = await drainServer(record, engine, server, record.settings.graceSeconds);
    if (options.json) console.log(JSON.stringify(done, null, 2));
    else {
      console.log(
        say({
          en: `${done.moved.length} labs of ${server} saved themselves and were given to the cluster again (${seconds(since)}).`,
          fr: `${done.moved.length} labs de ${server} se sont sauvegardés et ont été confiés de nouveau au cluster (${seconds(since)}).`,
        }),
      );
      if (done.left.length > 0)
        console.log(
          say({
            en: `Still there: ${done.left.join(', ')}. Repeat the command later.`,
            fr: `Encore là : ${done.left.join(', ')}. Relancez la commande plus tard.`,
          }),
        );
    }
    return done.left.length === 0 ? 0 : 1;
  });
}
