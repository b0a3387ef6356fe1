import type { AddressInfo } from 'node:net';
import ssh2, { type AuthContext, type Connection as Client, type ServerChannel, type Session } from 'ssh2';
import { LabError, messageOf } from '../../base/errors.ts';
import type { Keys } from './keys.ts';
import type { Connection } from './proxy.ts';
import { openTerminal } from './terminal.ts';

/** Sessions of one student at once, and people that are not in yet. */
const SESSIONS = 10;
const STRANGERS = 50;
/** Keys that somebody may try, and ms in which he must be in. */
const TRIES = 10;
const WITHIN = 30_000;

/** The machine that a shell is opened on when none is named. */
const MACHINE = 'client';
const NAME = /^([a-z0-9][a-z0-9._@-]{0,63}?)(?:\+([a-z][a-z0-9-]{0,30}))?$/;
const MACHINE_NAME = /^[a-z][a-z0-9-]{0,30}$/;

const USAGE = 'Use: ssh -t STUDENT@HOST MACHINE, or ssh STUDENT+MACHINE@HOST.\r\n';

export interface SshParts {
  keys: () => Promise<Keys>;
  connect: (student: string) => Promise<Connection>;
}

/** Whether somebody is who he says: has a key of the student's, and signs with it. */
export function isKnown(keys: Keys, student: string, context: AuthContext): boolean {
  if (context.method !== 'publickey') return false;
  const own = (Object.hasOwn(keys, student) ? keys[student] : undefined) ?? [];
  for (const line of own) {
    const key = ssh2.utils.parseKey(line);
    if (key instanceof Error || Array.isArray(key)) continue;
    if (key.type !== context.key.algo.replace(/^rsa-sha2-\d+$/, 'ssh-rsa')) continue;
    if (!key.getPublicSSH().equals(context.key.data)) continue;
    // Without a signature it is only asked whether this key would do.
    if (!context.signature) return true;
    return (
      context.blob !== undefined && key.verify(context.blob, context.signature, context.hashAlgo) === true
    );
  }
  return false;
}

/**
 * Terminals on the machines of a student's lab, over ssh: they are the terminals of the lab's page. No process is started for anybody here, so
 * there is no shell of this computer to be had, no file, and no way on into its network. LabError when the port is taken.
 */
export async function startSsh(
  { listen, port, key }: { listen: string; port: number; key: string },
  parts: SshParts,
): Promise<{ port: number; close(): Promise<void> }> {
  const open = new Map<string, number>();
  const clients = new Set<Client>();
  let strangers = 0;

  const server = new ssh2.Server({ hostKeys: [key], ident: 'lab-class' }, (client) => {
    if (strangers >= STRANGERS) return void client.end();
    strangers += 1;
    let tries = 0;
    let who: { student: string; machine: string | undefined } | undefined;
    const isIn = () => {
      if (who === undefined) strangers -= 1;
    };
    const late = setTimeout(() => client.end(), WITHIN);
    clients.add(client);
    client.on('error', () => undefined);
    client.on('close', () => {
      clearTimeout(late);
      clients.delete(client);
      isIn();
    });
    client.on('authentication', (context) => {
      tries += 1;
      const [, student = '', machine] = NAME.exec(context.username) ?? [];
      parts.keys().then(
        (keys) => {
          if (tries > TRIES) return client.end();
          if (!isKnown(keys, student, context)) return context.reject(['publickey']);
          if (context.method === 'publickey' && context.signature && who === undefined) {
            clearTimeout(late);
            isIn();
            who = { student, machine };
          }
          context.accept();
        },
        () => context.reject(['publickey']),
      );
    });
    client.on('ready', () => {
      client.on('session', (accept, reject) => {
        if (!who || (open.get(who.student) ?? 0) >= SESSIONS) return void reject();
        const { student, machine } = who;
        open.set(student, (open.get(student) ?? 0) + 1);
        serveSession(accept(), student, machine ?? MACHINE, parts).finally(() => {
          const left = (open.get(student) ?? 1) - 1;
          if (left > 0) open.set(student, left);
          else open.delete(student);
        });
      });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: Error) =>
      reject(
        new LabError(
          {
            en: `ssh cannot listen on ${listen}, port ${port}.`,
            fr: `ssh ne peut pas écouter sur ${listen}, port ${port}.`,
          },
          { en: 'choose another port with --ssh-port.', fr: 'choisissez un autre port avec --ssh-port.' },
          [messageOf(error)],
        ),
      ),
    );
    server.listen(port, listen, () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        for (const client of clients) client.end();
        server.close(() => resolve());
      }),
  };
}

/** One session: a terminal on a machine, and nothing else. Resolves with its end. */
function serveSession(session: Session, student: string, usual: string, parts: SshParts): Promise<void> {
  let size: [cols: number, rows: number] | undefined;
  let resized: (size: [number, number]) => void = () => undefined;
  const sizeOf = ({ cols, rows }: { cols: number; rows: number }): [number, number] => [
    cols < 2 ? 80 : Math.min(500, cols),
    rows < 2 ? 24 : Math.min(500, rows),
  ];
  session.on('pty', (accept, _, info) => {
    size = sizeOf(info);
    accept?.();
  });
  session.on('window-change', (accept, _, info) => {
    size = sizeOf(info);
    resized(size);
    accept?.();
  });
  return new Promise((resolve) => {
    session.on('close', () => resolve());
    const begin = async (channel: ServerChannel, machine: string) => {
      channel.on('error', () => undefined);
      const refuse = (text: string) => {
        channel.stderr.write(text);
        channel.exit(1);
        channel.end();
      };
      if (!size || !MACHINE_NAME.test(machine)) return refuse(USAGE);
      try {
        const terminal = await openTerminal(() => parts.connect(student), machine, size, channel);
        resized = terminal.resize;
        if (size) resized(size);
      } catch (error) {
        refuse(
          `${error instanceof LabError ? error.what.en : 'Your lab does not run at the moment, or is just starting.'}\r\n`,
        );
      }
    };
    session.on('shell', (accept) => void begin(accept(), usual));
    session.on('exec', (accept, _, { command }) => void begin(accept(), command.trim()));
  });
}
