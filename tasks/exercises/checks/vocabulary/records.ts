import type { LabGuide } from '../../guides/model.ts';
import {
  countedIncidents,
  type Incidents,
  incidentOrder,
  reportDigest,
  reportFile,
  TRIES,
} from '../../state/incident-order.ts';
import type { DrillNote, LoadNote } from '../../state/records.ts';
import { type Expectation, type FactsView, plain, Unmet } from '../expectation.ts';
import { HOST, type Need, type Probe } from '../probe.ts';

/** Records of the kit itself: what to ask for (`need`), and how to read it from facts. */
export interface Records<T> {
  need: Need;
  of: (facts: FactsView) => T;
}

function recordsOf<T>(lab: string, what: Extract<Probe, { kind: 'kit' }>['what']): Records<T> {
  const probe: Probe = { kind: 'kit', what, lab };
  return {
    need: { machine: HOST, probe },
    of: (facts) => JSON.parse(facts.answer(HOST, probe).out) as T,
  };
}

/** Drills and loads that were recorded since the lab was started last. */
export const drillsSince = (lab: string) => recordsOf<DrillNote[]>(lab, 'drills');
export const loadsSince = (lab: string) => recordsOf<LoadNote[]>(lab, 'loads');

/** When each step was first found to hold by `lab check` since the lab was started last, by its id; ISO 8601. */
export const passedSince = (lab: string) => recordsOf<Record<string, string>>(lab, 'passed');

/** The lab was begun, so that what the kit recorded can belong to it. */
export function wasStarted(lab: string): Expectation {
  const { need, of } = recordsOf<boolean>(lab, 'started');
  return {
    title: { en: `lab ${lab} was begun`, fr: `le lab ${lab} a été commencé` },
    needs: [need],
    judge: (facts) => {
      if (of(facts)) return;
      throw new Unmet(plain(`lab start ${lab}`), { en: 'not yet', fr: 'pas encore' });
    },
  };
}

/** What a report's lines may be called instead. */
const NAMES: Record<string, string> = {
  élément: 'part',
  element: 'part',
  réparation: 'repair',
  reparation: 'repair',
};

/** Lines `name: text` of a report, by their names in lower case; the first of each name counts. */
export function readReport(text: string): Map<string, string> {
  const said = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, word = '', rest = ''] = /^\s*([\p{L}]+)\s*:\s*(.*?)\s*$/u.exec(line) ?? [];
    const name = NAMES[word.toLowerCase()] ?? word.toLowerCase();
    if (rest && !said.has(name)) said.set(name, rest);
  }
  return said;
}

/** Letters of a cause or a repair below which it says nothing. */
const LEAST = 10;

/** An incident of this lab and its report: a secret fault by its number, or a fault by its name. */
export class Incident {
  constructor(
    private readonly guide: Pick<LabGuide, 'id' | 'faults'>,
    private readonly student: string | undefined,
    private readonly which: number | string,
    private readonly client: string,
    private readonly code?: string,
  ) {}

  private readonly records = () => recordsOf<Incidents>(this.guide.id, 'incidents');

  private called() {
    const { which } = this;
    return typeof which === 'number'
      ? { en: `incident ${which}`, fr: `l'incident ${which}` }
      : { en: `the incident ${which}`, fr: `l'incident ${which}` };
  }

  /** The name of the fault. Throws Unmet when it was not made, or is not this student's. */
  private name(facts: FactsView): string {
    const incidents = this.records().of(facts);
    const { which, student } = this;
    const wanted = { en: 'it was made with `lab break`', fr: 'il a été provoqué par `lab break`' };
    if (student !== undefined) {
      const order = incidentOrder(this.guide, student, this.code);
      const made = incidents.made.filter((name) => order.includes(name));
      if (made.some((name, at) => name !== order[at]))
        throw new Unmet(
          { en: `the incidents of ${student}`, fr: `les incidents de ${student}` },
          { en: 'those of somebody else', fr: "ceux de quelqu'un d'autre" },
        );
    }
    const name =
      typeof which === 'number'
        ? countedIncidents(this.guide, incidents)[which - 1]
        : incidents.made.find((name) => name === which && !incidents.undone.includes(name));
    if (name !== undefined) return name;
    throw new Unmet(wanted, { en: 'not yet', fr: 'pas encore' }, plain('lab break'));
  }

  /** It was made, and not mended by the kit. */
  wasMade(): Expectation {
    const called = this.called();
    return {
      title: { en: `${called.en} was met`, fr: `${called.fr} a été rencontré` },
      needs: [this.records().need],
      judge: (facts) => void this.name(facts),
    };
  }

  /** The report names the right machine and part, and says cause and repair. What is right is not told. */
  isExplained(): Expectation {
    const path = reportFile(this.which);
    const probe: Probe = { kind: 'file', path };
    const called = this.called();
    return {
      title: { en: `${path} explains ${called.en}`, fr: `${path} explique ${called.fr}` },
      needs: [this.records().need, { machine: this.client, probe }],
      judge: (facts) => {
        const name = this.name(facts);
        const fault = this.guide.faults[name];
        const look = plain(`lab ssh ${this.client} -- cat ${path}`);
        const answer = facts.answer(this.client, probe);
        const report = readReport(answer.code === 0 ? answer.out.split('\n').slice(1).join('\n') : '');
        const missing = ['machine', 'part', 'cause', 'repair'].filter((name) => !report.has(name));
        if (missing.length > 0)
          throw new Unmet(
            plain('machine: … part: … cause: … repair: …'),
            { en: `no line ${missing.join(', ')}`, fr: `pas de ligne ${missing.join(', ')}` },
            look,
          );
        const said = (name: string) => (report.get(name) ?? '').toLowerCase();
        for (const name of ['cause', 'repair'])
          if (said(name).length < LEAST)
            throw new Unmet(
              { en: `a sentence (${name})`, fr: `une phrase (${name})` },
              plain(said(name)),
              look,
            );
        const tried = this.records().of(facts).tried[name] ?? [];
        const before = tried.indexOf(reportDigest(said('machine'), said('part')));
        if ((before < 0 ? tried.length : before) >= TRIES)
          throw new Unmet(
            {
              en: `one of the first ${TRIES} reports that were checked`,
              fr: `l'un des ${TRIES} premiers rapports vérifiés`,
            },
            {
              en: 'another one after these; guessing finds nothing',
              fr: 'un autre, après ceux-là ; deviner ne mène à rien',
            },
            plain(`lab start ${this.guide.id}`),
          );
        // Which of the two is wrong would halve the search.
        if (
          said('machine') !== fault?.machine ||
          !fault.part?.some((word) => word.toLowerCase() === said('part'))
        )
          throw new Unmet(
            { en: 'the machine and the part that are at fault', fr: "la machine et l'élément en cause" },
            plain(`${said('machine')}, ${said('part')}`),
            look,
          );
      },
    };
  }
}
