import { Command } from 'commander';
import { version } from '../base/paths.ts';
import { say } from '../base/text.ts';
import { classCommands } from './class.ts';
import { choice, tableOf } from './define.ts';
import { drillCommands } from './drills.ts';
import { localize } from './french.ts';
import { kitCommands } from './kit.ts';
import { labCommands } from './labs.ts';
import { machineCommands } from './machines.ts';
import { measureCommands } from './measure.ts';
import { teacherCommands } from './teachers.ts';

/**
 * The table of commands: what each is called, what it takes, and the file that does it. Nothing else is here; a group
 * of commands has a file of its own beside this one.
 */
export function commandTable(finish: (code: number) => void): Command {
  const program = localize(new Command('lab'))
    .description(
      say({
        en: 'A highly available service on seven real Linux machines, to build, break and repair.',
        fr: 'Un service à haute disponibilité sur sept vraies machines Linux, à construire, casser et réparer.',
      }),
    )
    .helpCommand(false)
    .addOption(choice('--lang <language>', { en: 'en or fr', fr: 'en ou fr' }, ['en', 'fr']))
    .option('--verbose', say({ en: 'show where an error comes from', fr: "montrer d'où vient une erreur" }))
    .version(version(), '--version', say({ en: 'show the version', fr: 'afficher la version' }))
    .exitOverride();
  const table = tableOf(program, finish);
  // In the order of the help.
  labCommands(table);
  teacherCommands(table);
  classCommands(table);
  machineCommands(table);
  drillCommands(table);
  measureCommands(table);
  kitCommands(table);
  return program;
}
