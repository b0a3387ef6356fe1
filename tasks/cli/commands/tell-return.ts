import { say } from '../../base/text.ts';
import type { Returned } from '../../exercises/session/restore.ts';

/** Says what came with a snapshot that was brought back: where the work of before is, the size of then, a machine that does not answer. */
export function tellReturn({ saved, resized, silent, regrouped }: Returned): void {
  if (resized) {
    const machines = resized.map(({ name }) => name).join(', ');
    console.log(
      say({
        en: `The lab had another size when this snapshot was taken, and is back to it: ${machines}.`,
        fr: `Le lab avait une autre taille quand cet instantané a été pris, et l'a retrouvée : ${machines}.`,
      }),
    );
  }
  if (regrouped) console.log(say(regrouped));
  if (silent)
    console.error(
      say({
        en: `The machines are as they were saved; one of them does not answer:\n${silent.render()}`,
        fr: `Les machines sont telles qu'elles ont été sauvegardées ; l'une d'elles ne répond pas :\n${silent.render()}`,
      }),
    );
  if (saved !== undefined)
    console.log(
      say({
        en: `What the machines held until now is in the snapshot ${saved}.`,
        fr: `Ce que les machines contenaient jusqu'ici est dans l'instantané ${saved}.`,
      }),
    );
}
