import { say } from '../base/text.ts';
import { choice, JSON_OUT, type Table } from './define.ts';

// Written here once more: reading the model would slow `lab --help` down; a test compares both.
export const LOADS = ['page', 'upload', 'mixed'];

/** What the lab sustains. */
export function measureCommands({ group, command, run }: Table): void {
  group('measuring');
  command(
    'load',
    {
      en: 'measure what the lab sustains: rate, times, bottleneck',
      fr: "mesurer ce que le lab supporte : débit, temps, goulot d'étranglement",
    },
    [
      'npx lab load --rate 20 --for 30s',
      'npx lab load --kind upload --size 256',
      'npx lab load --find-limit --web 1,2',
      'npx lab load --last --json',
    ],
  )
    .addOption(
      choice(
        '--kind <kind>',
        {
          en: 'what visitors do (mixed: one upload in ten)',
          fr: 'ce que font les visiteurs (mixed : un dépôt sur dix)',
        },
        LOADS,
      ).default('page'),
    )
    .option('--rate <number>', say({ en: 'requests a second', fr: 'requêtes par seconde' }), '10')
    .option('--for <duration>', say({ en: 'how long, e.g. 30s or 5m', fr: 'durée, p. ex. 30s ou 5m' }), '15s')
    .option('--connections <number>', say({ en: 'visitors at a time', fr: 'visiteurs à la fois' }), '64')
    .option('--size <KiB>', say({ en: 'size of an upload', fr: "taille d'un dépôt" }), '64')
    .option(
      '--timeout <seconds>',
      say({ en: 'after which a request has failed', fr: 'après quoi une requête a échoué' }),
      '10',
    )
    .option(
      '--web <counts>',
      say({
        en: 'numbers of web machines to compare, e.g. 1,2: the others are drained meanwhile',
        fr: 'nombres de machines web à comparer, p. ex. 1,2 : les autres sont retirées pendant ce temps',
      }),
    )
    .option(
      '--find-limit',
      say({
        en: 'search for the highest rate that is sustained, from --rate on',
        fr: 'chercher le plus haut débit tenu, à partir de --rate',
      }),
    )
    .option('--p99 <seconds>', say({ en: 'limit of the 99th percentile', fr: 'limite du 99e centile' }), '1')
    .option(
      '--last',
      say({ en: 'show the latest measurement, make none', fr: 'montrer la dernière mesure, sans en faire' }),
    )
    .option('--json', say(JSON_OUT))
    .action(run(async (options) => (await import('./commands/load.ts')).load(options)));
}
