import { join } from 'node:path';

/** Folders that the kit's machines can be in (docs/engines.md), and that no program takes for something else. */
export const FOLDER = /^\/[A-Za-z0-9/._@+-]*$/;

/**
 * Where the files of a class are. All of it is in one folder, which every server sees: the jobs write there what must outlive their
 * server, and the teacher's commands read it. job/lease.sh and job/job.sh know the names below labs/ID as well.
 */
export const placesOf = (folder: string) => ({
  /** Settings: who made the class, with which cluster, what a lab may take. */
  settings: join(folder, 'class.json'),
  /** The roster, and how often each lab was given to the cluster. */
  students: join(folder, 'students.json'),
  /** Held by whoever changes the class. */
  lock: join(folder, 'class.lock'),
  labs: join(folder, 'labs'),
  lab: (id: string) => join(folder, 'labs', id),
  /** What the job of a lab says of itself (state.ts). */
  state: (id: string) => join(folder, 'labs', id, 'state'),
  /** What is saved of a lab, by generation, restart and number: the last name is the newest. */
  saved: (id: string) => join(folder, 'labs', id, 'saved'),
  log: (id: string) => join(folder, 'labs', id, 'log'),
  /** Bundles of a lab of the kit (NN), one a student. */
  handedIn: (lab: string) => join(folder, 'handed-in', lab),
  /** Digests of personal links (front/links.ts). */
  links: join(folder, 'links.json'),
  /** What students and their teacher say to each other (talk.ts). */
  talk: join(folder, 'talk.json'),
  /** Public keys of students for ssh, and the key of that server (front/keys.ts). */
  keys: join(folder, 'keys.json'),
  hostKey: join(folder, 'ssh-host.key'),
  /** Digests of the tokens of who is in (front/sessions.ts). */
  sessions: join(folder, 'sessions.json'),
  /** With whose files its lab began, for its student (began.ts). */
  began: (id: string) => join(folder, 'labs', id, 'began'),
  /** How many seconds were added to a lab's time, for one generation. */
  extended: (id: string) => join(folder, 'labs', id, 'extended'),
  /** Certificate and key of the front, when none were given. */
  certificate: { cert: join(folder, 'front.crt'), key: join(folder, 'front.key') },
  /** The roster as `lab grade --students` takes it. */
  list: join(folder, 'list.csv'),
});

export type Places = ReturnType<typeof placesOf>;
