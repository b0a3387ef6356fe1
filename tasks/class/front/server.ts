import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { LabError, messageOf } from '../../base/errors.ts';
import type { Text } from '../../base/text.ts';
import { bodyOf, codeOf, jsonOf, pageHeaders } from '../../studio/web.ts';
import type { LabStatus } from '../state.ts';
import { bySchool, type SchoolParts } from './by-school.ts';
import type { Desk } from './desk.ts';
import { type FrontPages, filesOf, isPage } from './files.ts';
import { digest, type Links, type Visitor, visitorOf } from './links.ts';
import { type Connection, passOn } from './proxy.ts';
import { isSchoolKey, SCHOOL_PATH } from './school.ts';
import { Sessions } from './sessions.ts';
import { serveStreams } from './streams.ts';

/** What the front has to give. */
export interface FrontParts extends FrontPages {
  links: () => Promise<Links>;
  /** The way to a student's studio. Rejects while there is none. */
  connect: (student: string) => Promise<Connection>;
  /** What the wall shows: of labs as they were seen last, and besides. */
  labs: () => { labs: LabStatus[]; [key: string]: unknown };
  desk: Desk;
  /** The way in through the school; undefined: there is none. */
  school?: SchoolParts;
  /** Where it is kept who is in; undefined: nowhere. */
  sessions?: string;
}

export interface FrontPlace {
  /** Name that browsers use, without the port. */
  host: string;
  /** Address that is listened on. */
  listen: string;
  port: number;
  cert: string;
  key: string;
}

export interface Front {
  port: number;
  /** Where it is, as browsers name it. */
  origin: string;
  close(): Promise<void>;
}

const NO_LAB: { what: Text } = {
  what: {
    en: 'Your lab does not run at the moment, or is just starting. Try again in a minute, or ask your teacher.',
    fr: 'Votre lab ne tourne pas en ce moment, ou démarre. Réessayez dans une minute, ou demandez à votre enseignant.',
  },
};

const headersOf = (origin: string) => ({
  ...pageHeaders([origin.replace('https:', 'wss:')]),
  'Strict-Transport-Security': 'max-age=31536000',
});

/**
 * The front of a class: who comes with a personal link gets the page of the own lab, and nothing of any other; the teacher gets the wall. Every
 * request must name this front as its host, and what asks for anything of a lab must come from the page itself, with its token. LabError
 * when the port is taken or the certificate is none.
 */
export async function startFront(place: FrontPlace, parts: FrontParts): Promise<Front> {
  const { desk } = parts;
  const sessions = await new Sessions(Date.now, parts.sessions).load();
  const server = secure(place);
  await listening(server, place);
  const { port } = server.address() as AddressInfo;
  const hosts = [`${place.host}:${port}`, ...(port === 443 ? [place.host] : [])];
  const origin = `https://${port === 443 ? place.host : `${place.host}:${port}`}`;
  const headers = headersOf(origin);

  const send = (response: ServerResponse, code: number, type: string, body: string) =>
    void response.writeHead(code, { ...headers, 'Content-Type': `${type}; charset=utf-8` }).end(body);
  const json = (response: ServerResponse, code: number, body: unknown) =>
    send(response, code, 'application/json', JSON.stringify(body));
  const isOwn = ({ headers: { host, origin: from } }: IncomingMessage) => from === `https://${host}`;
  const isForeign = ({ headers: { 'sec-fetch-site': site }, url }: IncomingMessage) =>
    site !== undefined && site !== 'same-origin' && site !== 'none' && !isPage(url ?? '');
  const visitorWith = async (token: string | undefined): Promise<Visitor | undefined> => {
    const visitor = sessions.visitor(token, await parts.links(), await parts.school?.counts());
    return visitor?.kind !== 'look' || (await desk.mayLook(visitor.student)) ? visitor : undefined;
  };
  const bearer = ({ headers: { authorization } }: IncomingMessage) =>
    /^Bearer (\S+)$/.exec(authorization ?? '')?.[1];

  const files = filesOf(parts, parts.school);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refuse = (code: number) => send(response, code, 'text/plain', 'no\n');
    const url = request.url ?? '';
    if (!hosts.includes(request.headers.host ?? '')) return refuse(421);
    if (isForeign(request)) return refuse(403);
    if (request.method === 'GET') {
      // The provider sends browsers back with words of its own behind the path.
      const name = url.startsWith(`${SCHOOL_PATH}?`) ? SCHOOL_PATH : url;
      const file = Object.hasOwn(files, name) ? files[name] : undefined;
      if (file) return send(response, 200, ...file);
      if (url !== '/session') return refuse(404);
      return (await visitorWith(bearer(request))) ? send(response, 200, 'text/plain', 'yes\n') : refuse(401);
    }
    if (request.method !== 'POST') return refuse(404);
    if (!isOwn(request)) return refuse(403);
    if (url === '/login') return login(codeOf(await jsonOf(request)), response, refuse);
    if (url === '/logout') return logout(bearer(request), response);
    if (parts.school && url.startsWith(`${SCHOOL_PATH}/`))
      return bySchool(parts.school, { url, request, origin, sessions, desk }, (code, body) =>
        json(response, code, body),
      );
    if (!['/ask', '/predict', '/act', '/labs', '/class', '/teach'].includes(url)) return refuse(404);
    const visitor = await visitorWith(bearer(request));
    if (!visitor) return refuse(401);
    if (request.headers['content-type'] !== 'application/json') return refuse(415);
    if (url === '/labs' || url === '/teach') {
      if (visitor.kind !== 'teacher') return refuse(403);
      if (url === '/teach') return json(response, ...(await desk.teach(await jsonOf(request))));
      const seen = parts.labs();
      return json(response, 200, { ...seen, ...(await desk.onWall(seen.labs)) });
    }
    if (visitor.kind === 'teacher') return refuse(403);
    if (url === '/class') return ofClass(visitor, await jsonOf(request), response);
    // Who only looks may ask, which changes nothing.
    if (visitor.kind === 'look' && url !== '/ask') return refuse(403);
    const body = await bodyOf(request);
    try {
      await passOn(await parts.connect(visitor.student), url, body, headers, response);
    } catch {
      if (response.headersSent) response.destroy();
      else json(response, 503, NO_LAB);
    }
  }

  async function ofClass(
    visitor: Exclude<Visitor, { kind: 'teacher' }>,
    wish: unknown,
    response: ServerResponse,
  ): Promise<void> {
    if (visitor.kind === 'look') return json(response, 200, { looks: visitor.student });
    const asks = typeof wish === 'object' && wish !== null && !('do' in wish);
    if (asks) return json(response, 200, await desk.told(visitor.student));
    return json(response, ...(await desk.wish(visitor.student, wish)));
  }

  async function login(
    key: unknown,
    response: ServerResponse,
    refuse: (code: number) => void,
  ): Promise<void> {
    const links = await parts.links();
    const visitor = visitorOf(links, key);
    if (visitor && typeof key === 'string') {
      if (visitor.kind === 'student') desk.came(visitor.student);
      return json(response, 200, { token: await sessions.begin(visitor, digest(key)) });
    }
    const student = await desk.look(key);
    if (student === undefined || links.teacher === undefined) return refuse(401);
    json(response, 200, { token: await sessions.begin({ kind: 'look', student }, links.teacher) });
  }

  /** Ends a session, with all that is open of it; one that is over already, too. */
  async function logout(token: string | undefined, response: ServerResponse): Promise<void> {
    const ended = await sessions.end(token);
    if (ended) cut(token);
    const bySchool = ended !== undefined && isSchoolKey(ended.key);
    // At the provider it goes on: the page says so, and where to end it.
    json(response, 200, { bySchool, ...(bySchool ? { at: await parts.school?.signIn.wayOut() } : {}) });
  }

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response).catch((error: unknown) => {
      console.error(messageOf(error));
      response.destroy();
    });
  });

  const cut = serveStreams(server, {
    mayCome: (request) => hosts.includes(request.headers.host ?? '') && isOwn(request),
    visitorWith,
    connect: parts.connect,
    mayLook: desk.mayLook,
  });

  return {
    ...{ port, origin },
    close: () =>
      new Promise((resolve) => {
        cut();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function secure({ cert, key }: FrontPlace) {
  try {
    return createServer({ cert, key, minVersion: 'TLSv1.2' });
  } catch (error) {
    throw new LabError(
      { en: 'The certificate or its key cannot be used.', fr: 'Le certificat ou sa clé est inutilisable.' },
      {
        en: 'give both as PEM files that belong together (--cert, --key).',
        fr: 'donnez les deux en fichiers PEM qui vont ensemble (--cert, --key).',
      },
      [messageOf(error)],
    );
  }
}

const listening = (server: ReturnType<typeof createServer>, { port, listen }: FrontPlace) =>
  new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new LabError(
          {
            en: `The front cannot listen on ${listen}, port ${port}.`,
            fr: `La page ne peut pas écouter sur ${listen}, port ${port}.`,
          },
          { en: 'choose another port with --port.', fr: 'choisissez un autre port avec --port.' },
          [messageOf(error)],
        ),
      ),
    );
    server.listen(port, listen, resolve);
  });
