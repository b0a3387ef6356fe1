import { plain, seen } from '../../tasks/exercises/checks/expectation.ts';
import type { Checks } from '../../tasks/exercises/checks/vocabulary/index.ts';
import { DOUBLE, foretoldOf, hits, measuredOf, NAMES } from './double.ts';

/** How far a note may be from what was recorded, in seconds: people round. */
const NEAR = 0.06;
/** How far a prediction may be outside of what the timers give. */
const ROUNDED = 0.05;

/** Lines `name number` of a note; the last one of each name counts. */
function numbersOf(text: string): Map<string, number> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [, name = '', number = ''] = /^\s*([a-z]+)\s+([0-9]+(?:[.,][0-9]+)?)\s*s?\s*$/.exec(line) ?? [];
      return name === '' ? [] : [[name, Number(number.replace(',', '.'))] as const];
    }),
  );
}

export default ((lab) => {
  const predictions = lab.predictions();
  const balancing = lab.predictions('lb');
  const drills = lab.drills();
  const passed = lab.passed();
  const note = (path: string) => ({ machine: 'client', probe: { kind: 'file', path } as const });
  const [predicted, measured] = [note('/root/predictions'), note('/root/measured')];
  type Facts = Parameters<Parameters<typeof lab.that>[2]>[0];

  /** What the note says under a name. Throws when the line is not there. */
  const said = (facts: Facts, { machine, probe }: typeof predicted, name: string): number => {
    const { code, out } = facts.answer(machine, probe);
    const number = code === 0 ? numbersOf(out).get(name) : undefined;
    if (number !== undefined) return number;
    throw lab.unmet(
      {
        en: `a line "${name} SECONDS" in ${probe.path}`,
        fr: `une ligne « ${name} SECONDES » dans ${probe.path}`,
      },
      seen(code === 0 ? out.split('\n').slice(1).join('\n') : ''),
      plain(`lab ssh ${machine} -- cat ${probe.path}`),
    );
  };

  /** The line fits what the timers say, whichever machine of the pair is lost. */
  const prediction = (
    name: string,
    held: 'front' | 'database' | 'storage',
    kind: string,
    machines: string[],
  ) =>
    lab.that(
      {
        en: `the prediction for ${name} follows from the timers`,
        fr: `la prédiction pour ${name} découle des délais`,
      },
      [predicted, ...predictions.needs],
      (facts) => {
        const number = said(facts, predicted, name);
        for (const machine of machines) {
          const found = predictions
            .of(facts, { kind: 'power', machine, held: [held] })
            .find((expected) => expected.kind === kind);
          if (!found)
            throw lab.unmet(
              { en: 'timers to predict from', fr: 'des délais pour prédire' },
              { en: `none without ${machine}`, fr: `aucun sans ${machine}` },
            );
          const low = found.atLeast * (1 - ROUNDED);
          const high = found.seconds * (1 + ROUNDED);
          if (number < low || number > high)
            throw lab.unmet(
              { en: found.formula, fr: found.formula },
              plain(`${name} ${number}`),
              plain('docs/drill.md'),
            );
        }
      },
    );

  type Drill = ReturnType<typeof drills.of>[number];
  /** Drills that began after the predictions had been checked: what is written down afterwards predicts nothing. */
  const predictedDrills = (facts: Facts): Drill[] => {
    const since = passed.of(facts)['09.1'];
    return drills.of(facts).filter((drill) => since !== undefined && drill.begun >= since);
  };
  const records = [drills.need, passed.need];
  const outage = (load: Drill, kind: string) => load.kinds.find((other) => other.kind === kind)?.longest;
  /** A recorded drill of this kind fits what was noted. */
  const noted = (name: string, kind: string, which: (load: Drill) => boolean) =>
    lab.that(
      {
        en: `"${name}" is the outage of a drill`,
        fr: `« ${name} » est l'interruption d'un exercice de panne`,
      },
      [measured, ...records],
      (facts) => {
        const all = predictedDrills(facts).filter(which);
        if (all.length === 0)
          throw lab.unmet(
            {
              en: 'a drill of this kind, after `lab check 9.1` passed',
              fr: 'un exercice de panne de ce genre, après un `lab check 9.1` réussi',
            },
            drills.of(facts).some(which)
              ? { en: 'only before it', fr: 'seulement avant' }
              : { en: 'none since the lab began', fr: 'aucun depuis le début du lab' },
            plain('lab drill'),
          );
        const number = said(facts, measured, name);
        const near = all.some((load) => Math.abs((outage(load, kind) ?? Number.NaN) - number) <= NEAR);
        if (near) return;
        throw lab.unmet(
          { en: 'the outage of a recorded drill', fr: "l'interruption d'un exercice de panne enregistré" },
          plain(`${name} ${number}`),
          plain('lab report --json'),
        );
      },
    );

  const front = (load: Drill) => load.held.includes('front');
  const cut = (load: Drill) => front(load) && load.fault === 'power';
  const files = (load: Drill) =>
    load.held.includes('storage') && ['power', 'cable', 'freeze', 'fading'].includes(load.fault);

  const writes = lab.that(
    {
      en: '"acknowledged" and "lost" are those of a drill of the storage',
      fr: "« acknowledged » et « lost » sont ceux d'un exercice de panne du stockage",
    },
    [measured, ...records],
    (facts) => {
      const numbers = ['acknowledged', 'lost', 'files'].map((name) => said(facts, measured, name));
      const [acknowledged, lost, seconds = 0] = numbers;
      const fits = predictedDrills(facts)
        .filter(files)
        .some(
          (load) =>
            load.acknowledged === acknowledged &&
            load.lost === lost &&
            Math.abs((outage(load, 'upload') ?? Number.NaN) - seconds) <= NEAR,
        );
      if (!fits)
        throw lab.unmet(
          { en: 'the three figures of one drill', fr: "les trois chiffres d'un même exercice de panne" },
          plain(`acknowledged ${acknowledged}, lost ${lost}, files ${seconds}`),
          plain('lab report --json'),
        );
    },
  );

  /** Of the drill with slow timers: what the formula gives with this student's priority. */
  const slowest = 3 + (256 - Number(lab.vary('priority'))) / 256;
  const slow = (load: Drill) =>
    cut(load) &&
    load.predicted.some(({ kind, seconds }) => kind === 'page.new' && Math.abs(seconds - slowest) < 0.01);

  /** Seconds; with slow timers more. */
  const soon = lab.paced(1, 4);
  const fastAgain = (machine: string) =>
    lab.that(
      {
        en: `without ${machine} the front address is back within ${soon === 1 ? 'a second' : `${soon} s`}`,
        fr: `sans ${machine}, l'adresse d'entrée revient en moins ${soon === 1 ? "d'une seconde" : `de ${soon} s`}`,
      },
      balancing.needs,
      (facts) => {
        const [found] = balancing.of(facts, { kind: 'power', machine, held: ['front'] });
        if (found && found.seconds < soon) return;
        throw lab.unmet(
          plain(`< ${soon} s`),
          found
            ? plain(`${found.seconds.toFixed(2)} s`)
            : { en: 'no other holder', fr: 'aucun autre porteur' },
          plain('lab apply lb'),
        );
      },
    );

  const double = { machine: 'client', probe: DOUBLE };
  const foretold = (facts: Facts) => foretoldOf(facts.answer('client', DOUBLE).out);
  const lookDouble = plain('lab ssh client -- cat /root/double');
  const one = `lb${lab.vary('balancer')}`;
  const known = lab.topology.machines.map(({ name }) => name);
  /** A service that stops, one that goes on, and why. */
  const chosen = lab.that(
    {
      en: '/root/double on the client foretells the loss of two machines at once, one of them your load balancer',
      fr: '/root/double sur le client prédit la perte de deux machines à la fois, dont votre répartiteur',
    },
    [double],
    (facts) => {
      const { machines, says, reasoned } = foretold(facts);
      const words = NAMES.map((name) => says.get(name) ?? '-');
      const two = machines.length === 2 && new Set(machines).size === 2 && machines.includes(one);
      const real = machines.every((name) => known.includes(name) && name !== 'client');
      const whole = words.every((word) => word === 'serves' || word === 'stops');
      if (two && real && whole && words.includes('serves') && words.includes('stops') && reasoned) return;
      throw lab.unmet(
        {
          en: `machines ${one} and another one; page, login, row, files: serves or stops, each at least once; because …`,
          fr: `machines ${one} et une autre ; page, login, row, files : serves ou stops, chacun au moins une fois ; because …`,
        },
        seen([machines.join(' '), ...words, reasoned ? '' : 'because -'].join(' ').trim()),
        lookDouble,
      );
    },
  );
  const cameTrue = lab.that(
    {
      en: 'a drill of these two machines, made after that was written, found the same',
      fr: 'un exercice de panne de ces deux machines, fait après, a trouvé la même chose',
    },
    [double, drills.need],
    (facts) => {
      const { machines, says, written } = foretold(facts);
      const all = drills.of(facts).filter((drill) => hits(drill, machines));
      const later = all.filter(({ begun }) => Date.parse(begun) >= written);
      if (later.some((drill) => NAMES.every((name) => measuredOf(drill, name) === says.get(name)))) return;
      const [last] = later.slice(-1);
      throw lab.unmet(
        plain(NAMES.map((name) => `${name} ${says.get(name) ?? '-'}`).join(', ')),
        last
          ? plain(NAMES.map((name) => `${name} ${measuredOf(last, name) ?? '?'}`).join(', '))
          : all.length > 0
            ? { en: 'only drills of before', fr: "seulement des exercices d'avant" }
            : { en: 'no such drill', fr: 'aucun exercice de ce genre' },
        plain(`lab drill ${machines[0] ?? one} --fault several --with ${machines[1] ?? '…'}`),
      );
    },
  );

  const [balancers, databases, storages] = [
    lab.machines('lb'),
    lab.machines('database'),
    lab.machines('storage'),
  ];
  const names = (machines: { name: string }[]) => machines.map((machine) => machine.name);
  return {
    1: [
      lab.wasStarted(),
      prediction('front', 'front', 'page.new', names(balancers)),
      prediction('database', 'database', 'row', names(databases)),
      prediction('storage', 'storage', 'upload', names(storages)),
    ],
    2: [
      noted('kill', 'page.new', (load) => front(load) && load.fault === 'kill' && load.service === 'haproxy'),
      noted('power', 'page.new', (load) => cut(load) && !slow(load)),
    ],
    3: [noted('files', 'upload', files), writes],
    4: [noted('slow', 'page.new', slow), ...names(balancers).map(fastAgain)],
    5: [chosen, cameTrue],
  };
}) satisfies Checks;
