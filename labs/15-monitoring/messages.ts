/** What the guide's pager wrote down: a line for each message, `1764540000 ticket room-lab +GaleraIncomplete@ -OneSwitch@web1`. */
export const MESSAGES = { kind: 'command', command: 'tail -n 500 /var/lib/pager/messages' } as const;

/** A word of a message: an alert began, or is over. */
export interface Told {
  /** Unix time, seconds. */
  at: number;
  to: string;
  room: string;
  begins: boolean;
  alert: string;
  /** Empty where the alert is of no single machine. */
  machine: string;
}

/** All that was told, in order; what is no line of a pager is left out. */
export const toldBy = (text: string): Told[] =>
  text.split('\n').flatMap((line) => {
    const [at = '', to = '', room = '', ...words] = line.trim().split(/\s+/);
    if (!/^\d{10}$/.test(at)) return [];
    return words.flatMap((word) => {
      const [, sign, alert, machine = ''] = /^([+-])(\w+)@(\S*)$/.exec(word) ?? [];
      return sign && alert ? [{ at: Number(at), to, room, begins: sign === '+', alert, machine }] : [];
    });
  });

/** From when to when an alert was told to be. An alert that was told twice is one; without an end it is no episode yet. */
export interface Episode {
  from: number;
  until: number;
  to: string;
  machine: string;
}

/** The episodes of an alert that are over. */
export function episodesOf(all: Told[], alert: string): Episode[] {
  const open = new Map<string, Episode>();
  const over: Episode[] = [];
  for (const { at, to, begins, machine, ...told } of all) {
    if (told.alert !== alert) continue;
    const found = open.get(machine);
    if (begins) open.set(machine, found ?? { from: at, until: at, to, machine });
    else if (found) {
      over.push({ ...found, until: at });
      open.delete(machine);
    }
  }
  return over;
}

/** Seconds before a lost machine is told in which its consequences count as told beside it. */
const BESIDE = 30;

/** Episodes of `cause` in which nothing else was told to begin. */
export const toldAlone = (all: Told[], cause: string): Episode[] =>
  episodesOf(all, cause).filter(
    ({ from, until, machine }) =>
      !all.some(
        (told) =>
          told.begins &&
          (told.alert !== cause || told.machine !== machine) &&
          told.at >= from - BESIDE &&
          told.at < until,
      ),
  );
