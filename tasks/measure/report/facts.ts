import { label, say } from '../../base/text.ts';
import { FAST } from '../../roles/timers.ts';
import type { DrillResult } from '../drill/model.ts';
import { saidWords } from '../drill/said.ts';
import { effectText } from '../drill/signs.ts';
import { redundancyOf } from '../drill/summary.ts';
import { faultText } from '../drill/words.ts';
import { secondsText } from './words.ts';

/** Where, when and how a drill was made, and what became of the lab: name and text of each. */
export function factsOf(result: DrillResult): { name: string; text: string }[] {
  const { conditions, times } = result;
  const worst = conditions.stalls.reduce((most, stall) => Math.max(most, stall.seconds), 0);
  const busy = conditions.busy.map(({ share }) => share);
  const mean = busy.length > 0 ? busy.reduce((sum, value) => sum + value, 0) / busy.length : 0;
  const away = redundancyOf(result);
  const said = saidWords(result);
  return [
    {
      name: say({ en: 'When', fr: 'Quand' }),
      text: result.begun.slice(0, 19).replace('T', ' ').concat(' UTC'),
    },
    {
      name: say({ en: 'Where', fr: 'Où' }),
      text: `${result.lab}, ${result.engine}, ${result.topology}, ${result.app} (${result.kit})`,
    },
    {
      name: say({ en: 'Fault', fr: 'Panne' }),
      text: `${faultText(result.fault)}; ${secondsText((times.undo ?? times.end) - times.fault, 1)}`,
    },
    ...(effectText(result) === undefined
      ? []
      : [{ name: say({ en: 'Effect', fr: 'Effet' }), text: effectText(result) ?? '' }]),
    ...(said ? [{ name: say({ en: 'Said before', fr: 'Annoncé' }), text: say(said) }] : []),
    {
      name: say({ en: 'Full redundancy', fr: 'Redondance complète' }),
      text:
        away === null
          ? `${label({ en: 'did not return', fr: "n'est pas revenue" })} ${result.missing.join('; ')}`
          : `${secondsText(away, 1)} ${say({ en: 'after the fault was undone', fr: 'après la fin de la panne' })}`,
    },
    {
      name: say({ en: 'Computer', fr: 'Ordinateur' }),
      text: say({
        en: `load ${conditions.load.toFixed(1)} at the start, ${conditions.processors} processors, ${Math.round(mean * 100)} % busy on average; ${conditions.stalls.length} stalls, the longest ${secondsText(worst)}`,
        fr: `charge ${conditions.load.toFixed(1)} au départ, ${conditions.processors} processeurs, occupés à ${Math.round(mean * 100)} % en moyenne ; ${conditions.stalls.length} arrêts, le plus long ${secondsText(worst)}`,
      }),
    },
    ...(result.factor === undefined || result.factor === FAST
      ? []
      : [
          {
            name: say({ en: 'Budgets', fr: 'Budgets' }),
            text: say({
              en: `of a slow computer (timer factor ${result.factor})`,
              fr: `d'un ordinateur lent (facteur des délais : ${result.factor})`,
            }),
          },
        ]),
    ...(result.seed === undefined
      ? []
      : [{ name: say({ en: 'Seed', fr: 'Graine' }), text: String(result.seed) }]),
  ];
}
