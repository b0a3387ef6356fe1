import { join } from 'node:path';
import { LabError } from '../../base/errors.ts';
import { type Ended, runProgram } from '../../base/exec.ts';
import { socketFolder } from '../../remote/sockets.ts';
import { quote } from '../../remote/ssh.ts';

/** A bash script that is run as root on a server. */
export interface Errand {
  script: string;
  words?: string[];
  /** What the script has at its standard input. Secrets go this way: words can be read by every user of the server. */
  input?: Buffer | string;
  seconds: number;
}

/** Runs one as root on a server; a test gives one that needs none. LabError when there is no way to it, or no root on it. */
export type OnServer = (server: string, errand: Errand) => Promise<Ended>;

/** Exit code of `command` below when the user is not root and sudo asks for a password. */
const NO_ROOT = 77;

/** Exit code of ssh itself. */
const SSH_FAILED = 255;

/** A server as it is named to ssh: nothing that ssh, a shell or Slurm could take for something else. */
const SERVER = /^(?:[a-z_][a-z0-9_.-]{0,31}@)?[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/;

/** The servers of `--servers a,b,c`. LabError for what cannot be one, or stands there twice. */
export function serversNamed(wish: string): string[] {
  const names = wish.split(',').map((name) => name.trim());
  const bad = names.find((name) => !SERVER.test(name));
  if (bad !== undefined)
    throw new LabError(
      {
        en: `"${bad}" cannot be the name of a server.`,
        fr: `« ${bad} » ne peut pas être le nom d'un serveur.`,
      },
      {
        en: 'give the names that ssh knows, with commas between: --servers alpha,admin@beta,gamma. A port or a key belongs in your ssh configuration.',
        fr: 'donnez les noms que connaît ssh, séparés par des virgules : --servers alpha,admin@beta,gamma. Un port ou une clé se met dans votre configuration ssh.',
      },
    );
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice === undefined) return names;
  throw new LabError(
    { en: `The server ${twice} is named twice.`, fr: `Le serveur ${twice} est cité deux fois.` },
    {
      en: 'name each one once; the first is the controller.',
      fr: 'citez chacun une fois ; le premier est le contrôleur.',
    },
  );
}

/**
 * What a server's login shell is given. The script comes first at the standard input and becomes a file of root's own, because the rest
 * is its input; `head` reads not a byte more than it is told.
 */
export function commandOf({ script, words = [] }: Errand): string {
  const run = `umask 077; f=$(mktemp) && head -c ${Buffer.byteLength(script)} >"$f" && bash "$f" "$@"; c=$?; rm -f "$f"; exit $c`;
  const line = [run, 'lab', ...words].map(quote).join(' ');
  // sudo keeps none of the variables, and the address by which the server was reached is one.
  const lift = `if [ "$(id -u)" = 0 ]; then exec sh -c ${line}; fi; sudo -n true 2>/dev/null || exit ${NO_ROOT}; exec sudo -n env SSH_CONNECTION="$SSH_CONNECTION" sh -c ${line}`;
  return `exec sh -c ${quote(lift)}`;
}

/** The teacher's own ssh, with its keys and its configuration (`config`: another one). */
export const overSsh =
  (config?: string): OnServer =>
  async (server, errand) => {
    const shared = process.platform === 'win32' ? [] : sharedConnection();
    const options = [
      '-T',
      '-o',
      'BatchMode=yes',
      '-o',
      'ConnectTimeout=30',
      '-o',
      'ServerAliveInterval=15',
      ...shared,
    ];
    const from = config === undefined ? [] : ['-F', config];
    const { script, input = '', seconds } = errand;
    const ended = await runProgram('ssh', [...from, ...options, '--', server, commandOf(errand)], {
      input: Buffer.concat([Buffer.from(script), Buffer.from(input)]),
      seconds,
    });
    throwIfNoWay(server, ended);
    return ended;
  };

const sharedConnection = () => [
  ...['-o', 'ControlMaster=auto', '-o', `ControlPath="${join(socketFolder(), 'class-%C')}"`],
  ...['-o', 'ControlPersist=60'],
];

/** LabError when nothing was run: no ssh, no way to the server, no root on it. */
export function throwIfNoWay(server: string, ended: Ended): void {
  if (ended.missing)
    throw new LabError(
      { en: 'There is no program ssh here.', fr: 'Le programme ssh n’est pas là.' },
      { en: 'install openssh-client.', fr: 'installez openssh-client.' },
    );
  if (ended.timedOut)
    throw new LabError(
      { en: `${server} took too long to answer.`, fr: `${server} a mis trop de temps à répondre.` },
      {
        en: `look whether it is overloaded (\`ssh ${server} uptime\`), then repeat the command: it goes on where it was.`,
        fr: `regardez s’il est surchargé (\`ssh ${server} uptime\`), puis relancez la commande : elle reprend là où elle en était.`,
      },
    );
  if (ended.code === NO_ROOT)
    throw new LabError(
      {
        en: `You are not root on ${server}, and sudo asks for a password there.`,
        fr: `Vous n'êtes pas root sur ${server}, et sudo y demande un mot de passe.`,
      },
      {
        en: `name it as root@… (with a key that it accepts), or let your account there use sudo without a password while this runs (NOPASSWD).`,
        fr: `nommez-le root@… (avec une clé qu'il accepte), ou permettez-y à votre compte sudo sans mot de passe le temps de cette commande (NOPASSWD).`,
      },
    );
  if (ended.code !== SSH_FAILED) return;
  const said = ended.stderr.trim().split('\n').slice(-3);
  const fix = /Host key verification failed/i.test(ended.stderr)
    ? {
        en: `run \`ssh ${server}\` once and compare its key with what its administrator says.`,
        fr: `lancez une fois \`ssh ${server}\` et comparez sa clé avec ce que dit son administrateur.`,
      }
    : /Permission denied/i.test(ended.stderr)
      ? {
          en: `\`ssh ${server}\` must work without a password: put your public key there (ssh-copy-id), or load it into your agent.`,
          fr: `\`ssh ${server}\` doit fonctionner sans mot de passe : mettez-y votre clé publique (ssh-copy-id), ou chargez-la dans votre agent.`,
        }
      : {
          en: `\`ssh ${server}\` must work from this computer; name, port and key belong in your ssh configuration.`,
          fr: `\`ssh ${server}\` doit fonctionner depuis cet ordinateur ; nom, port et clé se mettent dans votre configuration ssh.`,
        };
  throw new LabError(
    { en: `${server} cannot be reached by ssh.`, fr: `${server} ne peut pas être joint par ssh.` },
    fix,
    said,
  );
}
