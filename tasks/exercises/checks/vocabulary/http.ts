import type { Text } from '../../../base/text.ts';
import { quote } from '../../../remote/ssh.ts';
import { type Expectation, expectation, plain, seen, Unmet } from '../expectation.ts';
import type { Answer, HttpOptions, Probe } from '../probe.ts';
import { has, type Pattern, told } from './pattern.ts';
import { typed } from './program.ts';

/** One answer of a web server, as the collector keeps it. */
export interface HttpResponse {
  /** 0: no answer. */
  status: number;
  /** Seconds, whole request. */
  time: number;
  /** curl's exit code and words. */
  exit: number;
  error: string;
  headers: Record<string, string>;
  body: string;
}

/** The responses of an http probe. Throws Unmet when the machine's answer is none. */
export function responsesOf(answer: Answer, machine: string): HttpResponse[] {
  try {
    const list = JSON.parse(answer.out) as HttpResponse[];
    if (
      Array.isArray(list) &&
      list.length > 0 &&
      list.every((response) => typeof response.status === 'number')
    )
      return list;
  } catch {
    // Said below.
  }
  throw new Unmet(
    { en: 'a web server’s answer', fr: 'la réponse d’un serveur web' },
    { en: `curl on ${machine} gave no usable answer`, fr: `curl sur ${machine} n’a rien donné d’utilisable` },
  );
}

/** The text of the first element of a page with this `id`, without its tags; undefined when there is none. */
export function elementOf(page: string, id: string): string | undefined {
  const text = new RegExp(`\\sid="?${id}"?(?=[\\s>])[^>]*>([^<]*)`).exec(page)?.[1];
  return text?.trim();
}

/** A request that `machine` makes with curl. Several expectations on one request ask it once. */
export class Http {
  private readonly probe: Probe;
  private readonly what: string;
  private readonly look: Text;
  constructor(
    private readonly machine: string,
    url: string,
    options: HttpOptions = {},
  ) {
    this.probe = { kind: 'http', url, ...options };
    const headers = (options.headers ?? []).map((header) => ` (${header})`).join('');
    this.what = `${options.method && options.method !== 'GET' ? `${options.method} ` : ''}${url}${headers}`;
    const sent = (options.headers ?? []).map((header) => `-H ${quote(header)} `).join('');
    const name = options.resolve ? `--resolve ${options.resolve} ` : '';
    this.look = plain(
      `lab ssh ${machine} -- ${typed(`curl -si${options.insecure ? 'k' : ''} ${sent}${name}${url}`)}`,
    );
  }

  /** The answer has this status (one of these), every time. */
  answers(status: number | number[] = 200): Expectation {
    const good = [status].flat();
    return this.each(
      {
        en: `${this.machine}: ${this.what} answers ${good.join(' or ')}`,
        fr: `${this.machine} : ${this.what} répond ${good.join(' ou ')}`,
      },
      plain(good.join(' / ')),
      (response) => good.includes(response.status),
      statusOf,
    );
  }

  /** The connection is refused, or not answered. */
  isRefused(): Expectation {
    return this.each(
      {
        en: `${this.machine}: ${this.what} is not answered`,
        fr: `${this.machine} : ${this.what} reste sans réponse`,
      },
      { en: 'no answer', fr: 'aucune réponse' },
      (response) => response.status === 0,
      statusOf,
    );
  }

  /** The body has this text. */
  contains(pattern: Pattern): Expectation {
    return this.each(
      {
        en: `${this.machine}: ${this.what} contains ${told(pattern)}`,
        fr: `${this.machine} : ${this.what} contient ${told(pattern)}`,
      },
      plain(told(pattern)),
      (response) => has(response.body, pattern),
      (response) => (response.status === 0 ? statusOf(response) : seen(response.body)),
    );
  }

  /** The element of the page with this `id` has this text. */
  shows(id: string, wanted: Pattern): Expectation {
    const shown = (response: HttpResponse) => elementOf(response.body, id);
    return this.each(
      {
        en: `${this.machine}: ${this.what} shows ${id} ${told(wanted)}`,
        fr: `${this.machine} : ${this.what} montre ${id} ${told(wanted)}`,
      },
      plain(`${id} ${told(wanted)}`),
      (response) => {
        const text = shown(response);
        return text !== undefined && (typeof wanted === 'string' ? text === wanted : wanted.test(text));
      },
      (response) => {
        const text = shown(response);
        if (text !== undefined) return seen(`${id} ${text}`);
        return response.status === 0 ? statusOf(response) : { en: `no ${id}`, fr: `pas de ${id}` };
      },
    );
  }

  /** The answer has this header. */
  header(name: string, pattern: Pattern): Expectation {
    const sent = ({ headers }: HttpResponse) => headers[name.toLowerCase()];
    return this.each(
      {
        en: `${this.machine}: ${this.what} has the header ${name}: ${told(pattern)}`,
        fr: `${this.machine} : ${this.what} a l’en-tête ${name} : ${told(pattern)}`,
      },
      plain(`${name}: ${told(pattern)}`),
      (response) => has(sent(response) ?? '', pattern),
      (response) => {
        const value = sent(response);
        if (value !== undefined) return plain(`${name}: ${value}`);
        return response.status === 0
          ? statusOf(response)
          : { en: `no header ${name}`, fr: `pas d’en-tête ${name}` };
      },
    );
  }

  redirectsTo(url: Pattern): Expectation {
    return this.each(
      {
        en: `${this.machine}: ${this.what} redirects to ${told(url)}`,
        fr: `${this.machine} : ${this.what} redirige vers ${told(url)}`,
      },
      plain(`3xx ${told(url)}`),
      (response) =>
        response.status >= 300 && response.status < 400 && has(response.headers.location ?? '', url),
      (response) =>
        response.headers.location
          ? plain(`${response.status} ${response.headers.location}`)
          : statusOf(response),
    );
  }

  /** With `times`: each of `names` is seen (in header `by`, else in the body) at least once. */
  isServedBy(names: string[], by?: string): Expectation {
    // Brackets say where a name stands in the page, and nothing to a student.
    const bare = (found: string[]) => found.map((name) => name.replaceAll(/[<>]/g, ''));
    return expectation(
      {
        en: `${this.machine}: ${this.what} is served by ${bare(names).join(' and ')}`,
        fr: `${this.machine} : ${this.what} est servi par ${bare(names).join(' et ')}`,
      },
      this.machine,
      this.probe,
      (answer) => {
        const responses = responsesOf(answer, this.machine);
        const where = (response: HttpResponse) =>
          by ? (response.headers[by.toLowerCase()] ?? '') : response.body;
        const served = names.filter((name) => responses.some((response) => where(response).includes(name)));
        if (served.length === names.length) return;
        const none = responses.find((response) => response.status === 0);
        throw new Unmet(
          plain(bare(names).join(', ')),
          served.length === 0 && none
            ? statusOf(none)
            : {
                en: `only ${bare(served).join(', ') || 'none of them'}, in ${responses.length} answers`,
                fr: `seulement ${bare(served).join(', ') || 'aucune'}, en ${responses.length} réponses`,
              },
          this.look,
        );
      },
    );
  }

  /** Whole requests take at most so many seconds. */
  takesAtMost(seconds: number): Expectation {
    return this.each(
      {
        en: `${this.machine}: ${this.what} takes at most ${seconds} s`,
        fr: `${this.machine} : ${this.what} prend au plus ${seconds} s`,
      },
      plain(`≤ ${seconds} s`),
      (response) => response.status > 0 && response.time <= seconds,
      (response) => (response.status === 0 ? statusOf(response) : plain(`${response.time} s`)),
    );
  }

  private each(
    title: Text,
    wanted: Text,
    good: (response: HttpResponse) => boolean,
    found: (response: HttpResponse) => Text,
  ): Expectation {
    return expectation(title, this.machine, this.probe, (answer) => {
      const bad = responsesOf(answer, this.machine).find((response) => !good(response));
      if (bad) throw new Unmet(wanted, found(bad), this.look);
    });
  }
}

function statusOf(response: HttpResponse): Text {
  if (response.status > 0) return plain(String(response.status));
  const why = response.error || `curl ${response.exit}`;
  return { en: `no answer (${why})`, fr: `aucune réponse (${why})` };
}
