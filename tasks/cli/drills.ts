import type { Command } from 'commander';
import { say } from '../base/text.ts';
import { choice, JSON_OUT, type Table } from './define.ts';

// Written here once more and not imported: reading the drills would slow `lab --help` down; a test compares both. One cable of two
// is `cable` with --switch.
export const DRILL_FAULTS = [
  'none',
  'power',
  'stop',
  'cable',
  'switch',
  'link',
  'power-switch',
  'pair',
  'freeze',
  'kill',
  'disk',
  'loss',
  'delay',
  'clock',
  'several',
  'fading',
];
export const DRILL_SWITCHES = ['a', 'b'];
export const DRILL_HOLDERS = ['front', 'router', 'storage', 'database', 'redis'];

/** Proving that the lab survives. */
export function drillCommands({ group, command, run, exclusive }: Table): void {
  group('measuring');
  const faultOptions = (declared: Command, kinds = DRILL_FAULTS): Command =>
    declared
      .addOption(
        choice(
          '--fault <fault>',
          { en: 'what is done (default: power)', fr: 'ce qui est fait (par défaut : power)' },
          kinds,
        ),
      )
      .addOption(
        choice(
          '--holder <what>',
          {
            en: 'the machine that holds this now, instead of a name (default: front)',
            fr: 'la machine qui détient cela, au lieu d’un nom (par défaut : front)',
          },
          DRILL_HOLDERS,
        ),
      )
      .option('--service <unit>', say({ en: 'what is killed (kill)', fr: 'ce qui est tué (kill)' }))
      .option(
        '--from <machine>',
        say({ en: 'from whom it is cut (pair)', fr: 'de qui elle est coupée (pair)' }),
      )
      .addOption(
        choice(
          '--switch <name>',
          {
            en: 'which switch (switch), or the cable to it (cable; default: all cables)',
            fr: 'quel commutateur (switch), ou le câble vers lui (cable ; par défaut : tous les câbles)',
          },
          DRILL_SWITCHES,
        ),
      )
      .option(
        '--with <machines>',
        say({
          en: 'machines that lose their power at the same moment (several), with commas between them',
          fr: 'machines privées de courant au même moment (several), séparées par des virgules',
        }),
      );

  const drill = command(
    'drill [machine]',
    {
      en: 'cause a fault under measurement and judge what visitors saw',
      fr: 'provoquer une panne sous mesure et juger ce que les visiteurs ont vu',
    },
    [
      'npx lab drill',
      'npx lab drill db1 --fault power --expect 3',
      'npx lab drill --holder storage --fault cable --repeat 5',
      'npx lab drill lb1 --fault kill --service haproxy',
      'npx lab drill --fault switch --switch a',
      'npx lab drill db1 --fault several --with lb2',
      'npx lab drill --all',
      'npx lab drill --pairs',
      'npx lab drill --random --seed 7 --for 30m',
    ],
  );
  faultOptions(drill)
    .option('--hold <seconds>', say({ en: 'how long the fault lasts', fr: 'durée de la panne' }))
    .option(
      '--expect <seconds>',
      say({
        en: 'how long you think visitors will wait at most: kept beside what is measured',
        fr: "combien de temps les visiteurs attendront au plus, d'après vous : gardé à côté du mesuré",
      }),
    )
    .option('--repeat <times>', say({ en: 'the same several times', fr: 'la même plusieurs fois' }))
    .option(
      '--all',
      say({
        en: 'every machine and every fault; continues where it stopped',
        fr: "chaque machine et chaque panne ; reprend là où il s'est arrêté",
      }),
    )
    .option(
      '--pairs',
      say({
        en: 'each two machines at once, and each half of the room; continues where it stopped',
        fr: 'chaque couple de machines à la fois, et chaque moitié de la salle ; reprend là où il s’est arrêté',
      }),
    )
    .option('--again', say({ en: 'begin --all or --pairs anew', fr: 'recommencer --all ou --pairs' }))
    .option('--random', say({ en: 'faults by chance, one at a time', fr: 'pannes au hasard, une à la fois' }))
    .option(
      '--seed <number>',
      say({ en: 'of --random: the same faults again', fr: 'de --random : les mêmes pannes' }),
    )
    .option('--for <time>', say({ en: 'of --random: 90s, 30m, 2h', fr: 'de --random : 90s, 30m, 2h' }))
    .option('--json', say(JSON_OUT))
    .action(
      // Drills are queued: two faults at once prove nothing about either.
      exclusive(async (machine, options) => (await import('./commands/drill.ts')).drill(machine, options), {
        waitMs: Number.POSITIVE_INFINITY,
      }),
    );

  const fault = command(
    'fault [machine]',
    {
      en: 'break something until it is undone; without anything: what is broken now',
      fr: "casser quelque chose jusqu'à son annulation ; sans rien : ce qui est cassé en ce moment",
    },
    [
      'npx lab fault',
      'npx lab fault db1 --fault cable',
      'npx lab fault db1 --fault cable --switch a',
      'npx lab fault --holder front --fault freeze',
      'npx lab fault --undo',
    ],
  );
  faultOptions(
    fault,
    DRILL_FAULTS.filter((kind) => kind !== 'none'),
  )
    .option('--undo', say({ en: 'undo everything that is broken', fr: 'annuler tout ce qui est cassé' }))
    .option('--json', say(JSON_OUT))
    .action(
      exclusive(async (machine, options) => (await import('./commands/fault.ts')).fault(machine, options), {
        when: ({ undo, fault, holder }, words) => words.length > 0 || [undo, fault, holder].some(Boolean),
      }),
    );

  command(
    'report [drill...]',
    {
      en: 'write a page with the timeline of recorded drills (the latest by default)',
      fr: "écrire une page avec la chronologie d'exercices enregistrés (le dernier par défaut)",
    },
    ['npx lab report --open', 'npx lab report --all --output drills.html', 'npx lab report --json'],
  )
    .option('--all', say({ en: 'every drill of the lab', fr: 'tous les exercices du lab' }))
    .option('--output <file>', say({ en: 'file to write', fr: 'fichier à écrire' }))
    .option('--open', say({ en: 'show it in a browser', fr: "l'afficher dans un navigateur" }))
    .option('--json', say({ en: 'print the results instead', fr: 'afficher plutôt les résultats' }))
    .action(run(async (drills, options) => (await import('./commands/report.ts')).report(drills, options)));
}
