import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { environmentFolder, ownTopologyFile } from '../../tasks/base/paths.ts';

// Loaded as the commands are: another way of loading would give modules of their own, with another language and class.
const { globalOptions, main } = await import('../../tasks/cli/main.ts');
const { ENGINES } = await import('../../tasks/cli/machines.ts');
const { BOX_PROVIDERS } = await import('../../tasks/cli/kit.ts');
const { PROVIDERS } = await import('../../tasks/engines/vagrant/box.ts');
const { version } = await import('../../tasks/base/paths.ts');
const { recordedTopology } = await import('../../tasks/environment/record.ts');
const { machineNamed } = await import('../../tasks/topology/model.ts');
const { loadTopology } = await import('../../tasks/topology/load.ts');
const { LabError } = await import('../../tasks/base/errors.ts');
const { setLanguage } = await import('../../tasks/base/text.ts');

const root = join(import.meta.dirname, '../..');
const COMMANDS = [
  'up',
  'apply',
  'scale',
  'creds',
  'status',
  'watch',
  'studio',
  'ssh',
  'ssh-config',
  'open',
  'logs',
  'halt',
  'destroy',
  'snapshot',
  'drill',
  'fault',
  'report',
  'load',
  'start',
  'guide',
  'check',
  'dossier',
  'answer',
  'hint',
  'solve',
  'break',
  'progress',
  'handbook',
  'exam',
  'grade',
  'codes',
  'class',
  'selfcheck',
  'new',
  'render',
  'diagram',
  'image',
  'doctor',
  'version',
];

/** Runs a command line in this process, with what it writes collected instead of shown. */
async function lab(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const written = { stdout: '', stderr: '' };
  const kept = {
    stdout: process.stdout.write,
    stderr: process.stderr.write,
    log: console.log,
    error: console.error,
  };
  for (const name of ['stdout', 'stderr'] as const)
    process[name].write = ((text: string | Uint8Array) => {
      written[name] += text.toString();
      return true;
    }) as typeof process.stdout.write;
  console.log = (...words) => {
    written.stdout += `${words.join(' ')}\n`;
  };
  console.error = (...words) => {
    written.stderr += `${words.join(' ')}\n`;
  };
  try {
    const code = await main(args);
    return { code, out: written.stdout, err: written.stderr };
  } finally {
    process.stdout.write = kept.stdout;
    process.stderr.write = kept.stderr;
    console.log = kept.log;
    console.error = kept.error;
  }
}

describe('command line', () => {
  const outside = { ...process.env };
  before(() => {
    process.env.LAB_LANG = 'en';
    // Whatever goes wrong in here is not done to a real lab, and builds nothing.
    process.env.LAB_NAME = 'nowhere';
    process.env.LAB_CACHE = mkdtempSync(join(tmpdir(), 'cli-'));
    process.env.LAB_MIRROR = 'http://127.0.0.1:9/debian';
  });
  after(() => {
    rmSync(process.env.LAB_CACHE ?? '', { recursive: true });
    process.env = outside;
    setLanguage('en');
  });

  it('help names every command, on its own and with --help, and is no failure', async () => {
    const [bare, help] = [await lab(), await lab('--help')];
    expect([bare.code, help.code, bare.out]).to.deep.equal([0, 0, help.out]);
    const listed = [...help.out.matchAll(/^ {2}([a-z-]+) .*\S/gm)].map((match) => match[1]);
    expect(listed.filter((name) => !name?.startsWith('-'))).to.include.members(COMMANDS);
  });

  it('help has a group for students, teachers, machines, measuring and maintenance, in both languages', async () => {
    const groups = async (language: string) => {
      const { out } = await lab('--help', '--lang', language);
      const parts = out.split(/^(?=\S)/m).flatMap((part) => {
        const [, title = '', list = ''] = /^([^\n]*?) ?:\n([\s\S]*)/.exec(part) ?? [];
        return title === '' ? [] : [[title, [...list.matchAll(/^ {2}([a-z-]+)/gm)].map((found) => found[1])]];
      });
      return Object.fromEntries(parts.filter(([title]) => title !== 'Options')) as Record<string, string[]>;
    };
    const english = await groups('en');
    expect(Object.keys(english)).to.deep.equal([
      ...['Students', 'Teachers', 'Machines', 'Measuring', 'Maintenance'],
    ]);
    expect(english.Students).to.include.members(['start', 'guide', 'check', 'hint', 'break', 'progress']);
    expect(english.Teachers).to.include.members(['grade', 'codes', 'exam', 'selfcheck', 'new']);
    expect(english.Machines).to.include.members(['up', 'ssh', 'halt', 'snapshot', 'destroy']);
    expect(english.Measuring).to.have.members(['drill', 'fault', 'report', 'load']);
    expect(english.Maintenance).to.include.members(['doctor', 'image', 'render', 'version']);
    expect(Object.values(english).flat()).to.have.members(COMMANDS);
    const french = await groups('fr');
    expect(Object.keys(french)).to.deep.equal([
      ...['Étudiants', 'Enseignants', 'Machines', 'Mesures', 'Maintenance'],
    ]);
    expect(Object.values(french)).to.deep.equal(Object.values(english));
  });

  it('the help of every command, in both languages, has examples that name it', async () => {
    for (const command of COMMANDS)
      for (const [language, title] of [
        ['en', 'Examples'],
        ['fr', 'Exemples'],
      ] as const) {
        const { code, out } = await lab(command, '--help', '--lang', language);
        expect(code, command).to.equal(0);
        const [, examples = ''] = out.split(`${title}:\n`);
        expect(examples, `${command} ${language}`).to.match(new RegExp(`npx lab ${command}\\b`));
      }
  });

  it('every example is a command line that the kit understands', async () => {
    for (const command of COMMANDS) {
      const { out } = await lab(command, '--help');
      const [usage = '', examples = ''] = out.split('Examples:\n');
      for (const [, words = ''] of examples.matchAll(/npx lab ([^&>\n]*)/g)) {
        // With --help nothing is done, but unknown options and commands before it are still mistakes.
        const { out: help, err } = await lab(
          ...words
            .trim()
            .split(' ')
            .filter((word) => word !== '--'),
          '--help',
        );
        expect(err, words).to.equal('');
        const [action = ''] = words.trim().split(' ').slice(1);
        // `lab class` has actions with options of their own.
        const own = command === 'class' ? (help.split('Examples:\n')[0] ?? '') : usage;
        if (command === 'class') expect(help, words).to.match(new RegExp(`^Usage: lab class ${action} `));
        else expect(help, words).to.equal(out);
        for (const option of words.match(/ --[a-z-]+/g) ?? []) expect(own, words).to.include(`${option} `);
      }
    }
  });

  it('the actions of a class have examples of their own, in both languages, that the kit understands', async () => {
    const { out } = await lab('class', '--help');
    const actions = [...out.matchAll(/^ {2}([a-z]+) (?:\[|<)/gm)].map((found) => found[1] ?? '');
    expect(actions).to.include.members([
      'init',
      'doctor',
      'up',
      'status',
      'join',
      'reset',
      'drain',
      'collect',
      'grade',
      'down',
    ]);
    expect(out).to.not.include('job-save');
    for (const action of actions) {
      const english = await lab('class', action, '--help');
      const french = await lab('class', action, '--help', '--lang', 'fr');
      expect(french.out, action)
        .to.match(/^Utilisation : lab class/)
        .and.not.match(/Usage|Options:|\(default/);
      const [usage = '', examples = ''] = english.out.split('Examples:\n');
      const lines = [...examples.matchAll(/npx lab class ([^&>\n]*)/g)].map(([, words = '']) => words.trim());
      expect(lines, action).to.not.deep.equal([]);
      for (const words of lines) {
        expect(words.split(' ')[0]).to.equal(action);
        const { err, out: help } = await lab(
          'class',
          ...words.split(' ').filter((word) => word !== '--'),
          '--help',
        );
        expect([err, help], words).to.deep.equal(['', english.out]);
        for (const option of words.match(/ --[a-z-]+/g) ?? [])
          expect(usage, words).to.match(new RegExp(`${option}[ ,]`));
      }
    }
  });

  const wrong: [string, string[], RegExp][] = [
    ['an unknown command', ['stauts'], /unknown command 'stauts'[\s\S]*status/],
    ['an unknown option', ['status', '--jsn'], /unknown option '--jsn'/],
    ['a missing argument', ['ssh'], /missing required argument/],
    ['until a role without provisioning', ['up', '--until', 'web', '--no-provision'], /cannot be used with/],
    ['all roles without provisioning', ['up', '--all-roles', '--no-provision'], /cannot be used with/],
    ['all roles and one of them', ['up', '--all-roles', '--until', 'web'], /cannot be used with/],
    ['too many arguments', ['status', 'web1'], /too many arguments/],
    ['an unknown engine', ['up', '--engine', 'qemu'], /'qemu' is invalid.*uml/],
    ['an unknown language', ['version', '--lang', 'de'], /'de' is invalid.*en, fr/],
    ['an unknown language, written together', ['--lang=de', 'version'], /'de' is invalid/],
    ['a language that is missing', ['version', '--lang'], /lang/],
  ];
  for (const [what, args, message] of wrong)
    it(`${what}: exit code 2 and a sentence, in both languages`, async () => {
      const { code, out, err } = await lab(...args);
      expect(code).to.equal(2);
      expect(err).to.match(message);
      expect(out).to.equal('');
      // A language that is none leaves only the environment's.
      if (args.join().includes('--lang')) process.env.LAB_LANG = 'fr';
      const french = await lab(...(process.env.LAB_LANG === 'fr' ? [] : ['--lang', 'fr']), ...args);
      process.env.LAB_LANG = 'en';
      expect(french.code).to.equal(2);
      expect(french.err).to.match(/^erreur : /);
      expect(french.err).to.not.match(/error|unknown|Expected|Allowed|mean|missing|invalid|cannot/);
    });

  it('help has no English word of the parser in French', async () => {
    for (const args of [[], ...COMMANDS.map((command) => [command])]) {
      const { out } = await lab(...args, '--help', '--lang', 'fr');
      expect(out, args.join()).to.match(/^Utilisation : lab/);
      expect(out, args.join()).to.include('Options :\n').and.include('afficher cette aide');
      expect(out, args.join()).to.not.match(/Usage|Options:|Commands|\[command\]|choices|\(default/);
    }
    expect((await lab('--help')).out).to.match(/^Usage: lab \[options\] \[command\]/);
  });

  it('--lang works before and after the command, and one run leaves nothing for the next', async () => {
    for (const args of [
      ['--lang', 'fr', 'up', '--help'],
      ['up', '--help', '--lang', 'fr'],
      ['up', '--help', '--lang=fr'],
    ])
      expect((await lab(...args)).out, args.join(' ')).to.include('construire, démarrer');
    expect((await lab('up', '--help')).out).to.include('build, start and provision');
  });

  it('what follows -- is the machine’s', () => {
    expect(
      globalOptions(['--lang', 'fr', 'ssh', 'web1', '--', 'x', '--lang', 'de', '--verbose']),
    ).to.deep.equal({
      words: ['ssh', 'web1', '--', 'x', '--lang', 'de', '--verbose'],
      lang: 'fr',
      verbose: false,
    });
    expect(globalOptions(['status', '--verbose', '--', 'x'])).to.include({ verbose: true, lang: undefined });
  });

  it('offers the engines that there are', async () => {
    const { ENGINE_NAMES } = await import('../../tasks/base/engine-names.ts');
    expect(ENGINES).to.deep.equal([...ENGINE_NAMES]);
    expect(BOX_PROVIDERS).to.deep.equal([...PROVIDERS]);
  });

  it('up of a machine that there is not makes nothing', async () => {
    const { code, err } = await lab('up', 'lb1', 'lb9', '--name', 'nowhere');
    expect(code).to.equal(1);
    expect(err).to.include('no machine named "lb9"').and.include('client, lb1');
    expect(existsSync(environmentFolder('nowhere'))).to.equal(false);
  });

  it('version, as a command and as an option', async () => {
    for (const asked of ['version', '--version'])
      expect(await lab(asked)).to.deep.equal({ code: 0, out: `${version()}\n`, err: '' });
    expect(version()).to.match(/^\d+\.\d+\.\d+/);
  });

  it('draws the topology that a lab has now', async () => {
    const name = `unit-drawn-${process.pid}`;
    const folder = environmentFolder(name);
    mkdirSync(folder, { recursive: true });
    try {
      const record = { topology: 'seven', engine: 'uml', app: 'sample' };
      writeFileSync(join(folder, 'lab.json'), JSON.stringify(record));
      expect((await lab('diagram', '--name', name)).out)
        .to.include('>web2<')
        .and.not.include('>web3<');
      // As `lab scale` leaves it.
      const scaled = readFileSync(join(root, 'topologies/seven.yaml'), 'utf8');
      writeFileSync(
        ownTopologyFile(name),
        `${scaled}  web3: { address: 10.0.2.23, memory: 512, roles: [web] }\n`,
      );
      writeFileSync(join(folder, 'lab.json'), JSON.stringify({ ...record, ownOf: 'x' }));
      expect((await lab('diagram', '--name', name)).out).to.include('>web3<');
      expect((await lab('diagram', 'flow', '--name', name)).err).to.match(/no picture named "flow"/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  describe('a user’s mistake: exit code 1, what is wrong, what to do, no stack', () => {
    const name = `unit-${process.pid}`;
    before(() => {
      mkdirSync(environmentFolder(name), { recursive: true });
      const record = { topology: 'seven', engine: 'uml', app: 'sample' };
      writeFileSync(join(environmentFolder(name), 'lab.json'), JSON.stringify(record));
      mkdirSync(environmentFolder(`${name}v`), { recursive: true });
      writeFileSync(
        join(environmentFolder(`${name}v`), 'lab.json'),
        JSON.stringify({ ...record, engine: 'vagrant-libvirt' }),
      );
      mkdirSync(environmentFolder(`${name}l`), { recursive: true });
      writeFileSync(join(environmentFolder(`${name}l`), 'lab.json'), JSON.stringify(record));
      writeFileSync(join(environmentFolder(`${name}l`), 'labs.json'), JSON.stringify({ current: '03' }));
    });
    after(() => {
      for (const word of [name, `${name}v`, `${name}l`])
        rmSync(environmentFolder(word), { recursive: true, force: true });
    });

    const mistakes: [string, string[], RegExp, RegExp][] = [
      [
        'unknown lab',
        ['status', '--name', 'nowhere'],
        /^There is no lab named "nowhere"\.\nTo do: .*lab up --name nowhere/,
        /^Il n'y a pas de lab nommé « nowhere »/,
      ],
      [
        'name that no lab can have',
        ['status', '--name', '../x'],
        /^"\.\.\/x" cannot be the name of a lab\.\nTo do: /,
        /ne peut pas être le nom d'un lab/,
      ],
      [
        'a class that there is not',
        ['class', 'status', '--class', '/nowhere/class'],
        /^There is no class in \/nowhere\/class\.\nTo do: /,
        /^Il n'y a pas de classe dans/,
      ],
      [
        'a class without servers',
        ['class', 'init', '/nowhere/class'],
        /^It is not said which servers the class has\.\nTo do: add --servers/,
        /^On ne dit pas quels serveurs/,
      ],
      [
        'unknown machine',
        ['logs', 'web9', '--name', name],
        /^There is no machine named "web9" in the topology seven\.\nTo do: choose one of client, lb1,/,
        /^Il n'y a pas de machine nommée « web9 »/,
      ],
      [
        'until an unknown role',
        ['up', '--name', name, '--until', 'databse'],
        /^There is no role named "databse"\.\nTo do: did you mean database\? .*common, client, lb,/,
        /^Il n'y a pas de rôle nommé « databse »/,
      ],
      [
        'applying a role on a machine that lacks it',
        ['apply', 'web', 'web1', 'db1', '--name', name],
        /^db1 does not have the role web \(it has database, storage\)\.\nTo do: .*web1, web2/,
        /^db1 n'a pas le rôle web/,
      ],
      [
        'applying a role on an unknown machine',
        ['apply', 'web', 'web9', '--name', name],
        /^There is no machine named "web9"/,
        /^Il n'y a pas de machine nommée « web9 »/,
      ],
      [
        'applying a role where nothing runs',
        ['apply', 'lb', '--name', name],
        /^These machines are not running: lb1, lb2\.\nTo do: .*lab up/,
        /^Ces machines ne sont pas en marche : lb1, lb2/,
      ],
      [
        'no web machine at all',
        ['scale', 'web=0', '--name', name],
        /^Without any web machine nothing would be served\.\nTo do: keep at least one/,
        /^Sans aucune machine web/,
      ],
      [
        'more databases',
        ['scale', 'database=3', '--name', name],
        /^The number of database machines cannot change/,
        /^Le nombre de machines database ne peut pas changer/,
      ],
      [
        'fewer web machines than those that vote',
        ['scale', 'web=1', '--name', name],
        /^web2 cannot be removed: it also has session, sentinel.*\nTo do: .*web=2/,
        /^web2 ne peut pas être retirée/,
      ],
      [
        'scaling a lab that is off',
        ['scale', 'web=3', '--name', name],
        /^These machines are not running: client, lb1,/,
        /^Ces machines ne sont pas en marche : client, lb1,/,
      ],
      [
        'scaling in a lab that builds roles',
        ['scale', 'web=3', '--name', `${name}l`],
        /^Lab 03 begins without lb, router, .*storage.*\nTo do: `lab up --all-roles`/,
        /^Le lab 03 commence sans /,
      ],
      [
        'timers in the middle of a lab',
        ['up', '--timers', '3', '--name', `${name}l`],
        /^The machines are in lab 03: .*\nTo do: .*--all-roles --timers 3/,
        /^Les machines sont dans le lab 03 /,
      ],
      [
        'a snapshot that there is not, without saving',
        ['snapshot', 'delete', 'x', '--discard', '--name', name],
        /^--discard is for restore, not for delete\./,
        /^--discard vaut pour restore, pas pour delete\./,
      ],
      [
        'unknown topology',
        ['up', '--name', `${name}b`, '--topology', 'sevn'],
        /no topology named “sevn”[\s\S]*did you mean seven/,
        /pas de topologie nommée « sevn »/,
      ],
      [
        'another topology than the lab has',
        ['up', '--name', name, '--topology', 'spread'],
        /already exists with --topology seven/,
        /existe déjà avec --topology seven/,
      ],
      [
        'unknown snapshot action',
        ['snapshot', 'take', 'x', '--name', name],
        /^"take" is not an action\.\nTo do: use save/,
        /« take » n'est pas une action/,
      ],
      [
        'snapshot without a usable name',
        ['snapshot', 'save', 'A B', '--name', name],
        /^A snapshot needs a name\./,
        /^Un instantané a besoin d'un nom\./,
      ],
      ['unknown image action', ['image', 'make'], /^"make" is not an action\./, /n'est pas une action/],
      ['export without a file', ['image', 'export'], /name of the bundle is missing/, /nom du paquet manque/],
      ['pull from nowhere', ['image', 'pull'], /address or folder to pull from is missing/, /dossier manque/],
      [
        'a bundle that is to be signed',
        ['image', 'export', 'x.tar.zst', '--sign'],
        /^x\.tar\.zst is a bundle, which has no signature\./,
        /n'a pas de signature/,
      ],
      [
        'pull with a key that is none',
        ['image', 'pull', 'https://x.invalid', '--key', 'abc'],
        /^"abc" is not a public key, nor a file with one\./,
        /n'est pas une clé publique/,
      ],
      [
        'pull from no folder',
        ['image', 'pull', '/no/such', '--unsigned'],
        /^There is no folder \/no\/such\./,
        /Il n'y a pas de dossier/,
      ],
      [
        'timeline into no folder',
        ['up', '--timeline', '/no/such/up.html', '--name', name],
        /^There is no folder \/no\/such\.\nTo do: give the name of the page/,
        /Il n'y a pas de dossier \/no\/such\./,
      ],
      [
        'import of no file',
        ['image', 'import', '/no/such'],
        /^There is no file \/no\/such\./,
        /^Il n'y a pas/,
      ],
      [
        'a shell on a machine that is off',
        ['ssh', 'web1', '--name', name],
        /^web1 is not running\.\nTo do: start it with `lab up web1`/,
        /^web1 n'est pas en marche/,
      ],
      [
        'the journal of a machine that is off',
        ['logs', 'web1', '--journal', '--name', name],
        /^web1 is not running\.\nTo do: start it with `lab up web1`/,
        /^web1 n'est pas en marche/,
      ],
      [
        'the console of an engine that keeps none',
        ['logs', 'web1', '--console', '--name', `${name}v`],
        /^The engine vagrant-libvirt does not keep what the console of web1 prints\.\nTo do: .*--journal/,
        /^Le moteur vagrant-libvirt ne garde pas/,
      ],
      [
        'no port',
        ['open', '--port', '70000', '--name', name],
        /^"70000" is not a port\./,
        /n'est pas un port/,
      ],
      [
        'destroy without yes',
        ['destroy', '--name', name],
        /^Nothing was removed\./,
        /^Rien n'a été supprimé/,
      ],
    ];
    for (const [what, args, english, french] of mistakes)
      it(what, async () => {
        const first = await lab(...args);
        expect([first.code, first.out]).to.deep.equal([1, '']);
        expect(first.err).to.match(english);
        expect(first.err).to.not.match(/^\s+at /m);
        expect((await lab('--lang', 'fr', ...args)).err).to.match(french);
      });

    it('halt says how the machines of a lab come back', async () => {
      const { code, out } = await lab('halt', '--name', `${name}l`);
      expect(code).to.equal(0);
      expect(out).to.match(/`lab up` brings them back in lab 03 as you left them\.\n$/);
      expect((await lab('halt', '--name', name)).out).to.not.include('lab up');
    });

    it('--verbose adds where it comes from', async () => {
      expect((await lab('status', '--name', 'nowhere', '--verbose')).err).to.match(/^\s+at .*record\.ts/m);
    });

    it('a damaged record of a lab is named', async () => {
      const folder = environmentFolder(`${name}c`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'lab.json'), '{');
      const { code, err } = await lab('status', '--name', `${name}c`);
      rmSync(folder, { recursive: true });
      expect(code).to.equal(1);
      expect(err).to.include(join(folder, 'lab.json')).and.include('is damaged');
    });

    it('destroy of a lab that is not there is done already', async () => {
      expect((await lab('destroy', '--name', 'nowhere')).code).to.equal(0);
    });
  });

  it('a lab remembers the kit’s topologies by name, and a file by its path from anywhere', () => {
    expect(recordedTopology('seven')).to.equal('seven');
    expect(recordedTopology('my.yaml')).to.equal(join(process.cwd(), 'my.yaml'));
    expect(recordedTopology('/a/my.yaml')).to.equal('/a/my.yaml');
  });

  it('machines are found by their whole name', async () => {
    const topology = await loadTopology('seven', root);
    expect(machineNamed(topology, 'web1').name).to.equal('web1');
    for (const name of ['web', 'WEB1', 'web1 ', ''])
      expect(() => machineNamed(topology, name)).to.throw(LabError);
  });
});
