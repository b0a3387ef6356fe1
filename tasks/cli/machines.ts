import { Option } from 'commander';
import { say } from '../base/text.ts';
import { choice, JSON_OUT, MIRROR, type Table, TOPOLOGY, YES } from './define.ts';

// Written here once more and not imported: reading the engines would slow `lab --help` down; a test compares both.
export const ENGINES = ['uml', 'vagrant-libvirt', 'vagrant-virtualbox'];

export const APPS = ['auto', 'sample', 'nextcloud'];

/** The life of a lab and its machines. */
export function machineCommands({ group, command, run, exclusive }: Table): void {
  group('machines');
  command(
    'up [machine...]',
    {
      en: 'build, start and provision the lab, or some of its machines; after `lab start`: start them as you left them, without any role',
      fr: 'construire, démarrer et configurer le lab, ou certaines de ses machines ; après `lab start` : les démarrer telles que vous les avez laissées, sans appliquer de rôle',
    },
    [
      'npx lab up',
      'npx lab up lb1',
      'npx lab up web1 web2',
      'npx lab up --engine vagrant-libvirt',
      'npx lab up --nextcloud nextcloud-34.0.1.tar.bz2',
      'npx lab up --name second --topology my-class.yaml',
      'npx lab up --all-roles',
      'npx lab up --until database',
      'npx lab up --timers 3',
      'npx lab up --timeline up.html',
    ],
  )
    .option('--topology <name|file>', say(TOPOLOGY))
    .addOption(
      choice('--engine <engine>', { en: 'where machines run', fr: 'où tournent les machines' }, ENGINES),
    )
    .addOption(
      choice(
        '--app <app>',
        {
          en: 'what the web machines serve (default: auto, Nextcloud if its archive can be had)',
          fr: 'ce que servent les machines web (par défaut : auto, Nextcloud si son archive est disponible)',
        },
        APPS,
      ),
    )
    .option(
      '--nextcloud <path|url>',
      say({ en: 'release archive of Nextcloud', fr: 'archive de publication de Nextcloud' }),
    )
    .option(
      '--nextcloud-sha256 <sum>',
      say({ en: 'SHA-256 that the archive must have', fr: "SHA-256 que l'archive doit avoir" }),
    )
    .option('--mirror <url>', say(MIRROR))
    .option('--no-provision', say({ en: 'start the machines only', fr: 'démarrer les machines seulement' }))
    .addOption(
      new Option(
        '--all-roles',
        say({
          en: 'apply every role, also after `lab start` (your work is saved first)',
          fr: "appliquer tous les rôles, même après `lab start` (votre travail est d'abord sauvegardé)",
        }),
      ).conflicts(['provision', 'until']),
    )
    .addOption(
      new Option(
        '--until <role>',
        say({
          en: 'apply this role and those that it waits for, no others (after `lab start` your work is saved first)',
          fr: "appliquer ce rôle et ceux qu'il attend, aucun autre (après `lab start`, votre travail est d'abord sauvegardé)",
        }),
      ).conflicts('provision'),
    )
    .addOption(
      new Option(
        '--timers <fast|slow|factor>',
        say({
          en: 'timers and limits: fast, slow, or between (1 to 10); without it by the measured speed of this computer',
          fr: "délais et limites : fast (rapides), slow (lents) ou entre les deux (1 à 10) ; sans cette option, selon la vitesse mesurée de l'ordinateur",
        }),
      ).conflicts(['provision', 'until']),
    )
    .option(
      '--timeline <file>',
      say({
        en: 'write a page that shows what took how long: boots, units, roles, waits (FILE.json: its data)',
        fr: 'écrire une page qui montre ce qui a pris combien de temps : démarrages, unités, rôles, attentes (FICHIER.json : ses données)',
      }),
    )
    .option('--yes', say(YES))
    .option('--json', say(JSON_OUT))
    .action(
      exclusive(
        async (machines, options) => (await import('./commands/up.ts')).up({ ...options, machines }),
        {
          creates: true,
        },
      ),
    );

  command(
    'apply <role> [machine...]',
    {
      en: 'apply a role once more, on all of its machines or some',
      fr: "appliquer un rôle à nouveau, sur toutes ses machines ou certaines d'entre elles",
    },
    ['npx lab apply web', 'npx lab apply lb lb1 --json'],
  )
    .option('--json', say(JSON_OUT))
    .action(
      exclusive(async (role, machines, options) =>
        (await import('./commands/apply.ts')).apply(role, machines, options),
      ),
    );

  command(
    'scale <web=number>',
    {
      en: 'add or remove web machines while the lab serves',
      fr: 'ajouter ou retirer des machines web pendant que le lab sert',
    },
    ['npx lab scale web=3', 'npx lab scale web=2'],
  )
    .option('--yes', say({ en: 'without asking', fr: 'sans demander' }))
    .option('--json', say(JSON_OUT))
    .action(exclusive(async (word, options) => (await import('./commands/scale.ts')).scale(word, options)));

  command(
    'status',
    { en: 'machines, roles, floating addresses, health', fr: 'machines, rôles, adresses flottantes, santé' },
    ['npx lab status', 'npx lab status --json'],
  )
    .option('--json', say(JSON_OUT))
    .action(run(async (options) => (await import('./commands/status.ts')).status(options)));

  command(
    'watch',
    {
      en: 'see what happens: machines, addresses, votes, copies, requests, events',
      fr: 'voir ce qui se passe : machines, adresses, votes, copies, requêtes, événements',
    },
    [
      'npx lab watch',
      'npx lab watch --json --for 30s',
      'npx lab watch --record failover.ndjson',
      'npx lab watch --replay failover.ndjson',
    ],
  )
    .option('--json', say({ en: 'print each event as JSON', fr: 'afficher chaque événement en JSON' }))
    .option(
      '--record <file>',
      say({ en: 'keep the events in a new file', fr: 'garder les événements dans un nouveau fichier' }),
    )
    .addOption(
      new Option(
        '--replay <file>',
        say({ en: 'show a recording instead of the lab', fr: 'montrer un enregistrement au lieu du lab' }),
      ).conflicts('record'),
    )
    .option('--for <time>', say({ en: 'how long, e.g. 30s or 5m', fr: 'durée, p. ex. 30s ou 5m' }))
    .addOption(new Option('--serve').hideHelp())
    .action(run(async (options) => (await import('./commands/watch.ts')).watch(options)));

  command(
    'studio',
    {
      en: 'the lab in a browser: guide, terminals, what it does now, faults and drills',
      fr: "le lab dans un navigateur : guide, terminaux, ce qu'il fait en ce moment, pannes et exercices",
    },
    [
      'npx lab studio',
      'npx lab studio --read-only --port 8080',
      'npx lab studio --replay failover.ndjson',
      'npx lab studio --replay failover.ndjson --export failover.html',
    ],
  )
    .option(
      '--port <number>',
      say({ en: 'local port (default: a free one)', fr: 'port local (par défaut : un port libre)' }),
    )
    .option(
      '--replay <file>',
      say({ en: 'show a recording instead of the lab', fr: 'montrer un enregistrement au lieu du lab' }),
    )
    .option(
      '--export <file>',
      say({
        en: 'with --replay: write the recording as one page that opens without network',
        fr: "avec --replay : écrire l'enregistrement en une page qui s'ouvre sans réseau",
      }),
    )
    .option(
      '--read-only',
      say({
        en: 'a page that can change nothing, e.g. for a projector',
        fr: 'une page qui ne peut rien changer, p. ex. pour un vidéoprojecteur',
      }),
    )
    .option('--no-open', say({ en: 'start no browser', fr: 'ne pas lancer de navigateur' }))
    .addOption(new Option('--socket <file>', 'for the front of a class').hideHelp())
    .action(run(async (options) => (await import('./commands/studio.ts')).studio(options)));

  command(
    'creds',
    {
      en: 'logins of the lab: application, statistics, database, ssh key',
      fr: 'accès du lab : application, statistiques, base de données, clé ssh',
    },
    ['npx lab creds', 'npx lab creds --json'],
  )
    .option('--json', say(JSON_OUT))
    .action(run(async (options) => (await import('./commands/creds.ts')).creds(options)));

  command(
    'ssh <machine> [command...]',
    { en: 'a shell, or one command, on a machine', fr: 'un shell, ou une commande, sur une machine' },
    ['npx lab ssh web1', 'npx lab ssh lb1 -- systemctl status haproxy'],
  )
    .passThroughOptions(false)
    .action(
      run(async (machine, words, options) =>
        (await import('./commands/ssh.ts')).ssh(machine, words, options),
      ),
    );

  command(
    'ssh-config',
    { en: 'print an SSH configuration for the machines', fr: 'afficher une configuration SSH des machines' },
    ['npx lab ssh-config > lab.conf && ssh -F lab.conf web1'],
  ).action(run(async (options) => (await import('./commands/ssh.ts')).sshConfig(options)));

  command(
    'open',
    {
      en: "forward a local port to the service's address",
      fr: "relier un port local à l'adresse du service",
    },
    ['npx lab open', 'npx lab open --port 9443'],
  )
    .option('--port <number>', say({ en: 'local port', fr: 'port local' }), '8443')
    .action(run(async (options) => (await import('./commands/open.ts')).open(options)));

  command(
    'logs [machine]',
    {
      en: 'what was done on a machine, or its journal',
      fr: 'ce qui a été fait sur une machine, ou son journal',
    },
    ['npx lab logs web1', 'npx lab logs lb1 --journal', 'npx lab logs db1 --console'],
  )
    .option('--journal', say({ en: "the machine's journal", fr: 'le journal de la machine' }))
    .option('--console', say({ en: "the machine's console", fr: 'la console de la machine' }))
    .option('-n, --lines <number>', say({ en: 'how many lines', fr: 'combien de lignes' }), '50')
    .action(run(async (machine, options) => (await import('./commands/logs.ts')).logs(machine, options)));

  command(
    'halt [machine...]',
    {
      en: 'shut machines down in order (all by default)',
      fr: 'arrêter proprement des machines (toutes par défaut)',
    },
    ['npx lab halt', 'npx lab halt web1', 'npx lab halt db1 --force'],
  )
    .option('--force', say({ en: 'cut the power instead', fr: "couper l'alimentation" }))
    .action(
      exclusive(async (machines, options) => (await import('./commands/halt.ts')).halt(machines, options)),
    );

  command('destroy', { en: 'remove the lab and its disks', fr: 'supprimer le lab et ses disques' }, [
    'npx lab destroy --yes',
  ])
    .option('--yes', say({ en: 'without asking', fr: 'sans demander' }))
    .action(exclusive(async (options) => (await import('./commands/destroy.ts')).destroy(options)));

  command(
    'snapshot <action> [snapshot]',
    {
      en: 'save, restore, list or delete snapshots (restore saves first what the machines hold)',
      fr: "sauver (save), rétablir (restore), lister (list) ou supprimer (delete) des instantanés (restore sauvegarde d'abord ce que les machines contiennent)",
    },
    [
      'npx lab snapshot save before-lab-4',
      'npx lab snapshot restore before-lab-4',
      'npx lab snapshot list',
      'npx lab snapshot delete before-lab-4',
    ],
  )
    .option(
      '--discard',
      say({
        en: 'with restore: do not save what the machines hold now',
        fr: 'avec restore : ne pas sauvegarder ce que les machines contiennent',
      }),
    )
    .option('--json', say(JSON_OUT))
    .action(
      exclusive(
        async (action, name, options) =>
          (await import('./commands/snapshot.ts')).snapshot(action, name, options),
        { when: (_, [action]) => action !== 'list' },
      ),
    );
}
