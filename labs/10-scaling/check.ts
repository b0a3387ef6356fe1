import { plain, seen } from '../../tasks/exercises/checks/expectation.ts';
import type { CheckedMachine, Checks } from '../../tasks/exercises/checks/vocabulary/index.ts';
import { STATS, serversOf } from '../haproxy.ts';
import { sample, sampleOf } from '../sample.ts';

/** How far a noted time may be from what was measured: people round. */
const near = (noted: number, measured: number) => Math.abs(noted - measured) <= 0.005 + 0.05 * measured;
/** Requests that must have been made for "none failed" to say something. */
const ENOUGH = 150;
/** Seconds before the end of a sample in which the work on the machine must have been done. */
const WINDOW = 180;

/** More requests than anybody may make in ten seconds, one after the other. */
const BEYOND = 20;
/** What an ordinary visitor asks for at once. */
const FEW = 5;

export default ((lab) => {
  const client = lab.machine('client');
  const balancers = lab.machines('lb');
  const loads = lab.loads();
  const rate = Number(lab.vary('rate'));
  const notes = { machine: 'client', probe: { kind: 'file', path: '/root/capacity' } as const };
  type Facts = Parameters<Parameters<typeof lab.that>[2]>[0];

  /** What was noted under a name; the last line of that name counts. */
  const noted = (facts: Facts, name: string): string => {
    const { code, out } = facts.answer(notes.machine, notes.probe);
    const text = code === 0 ? out.split('\n').slice(1).join('\n') : '';
    const found = [...text.matchAll(/^\s*(\S+)\s+(\S+)\s*$/gm)].findLast((match) => match[1] === name)?.[2];
    if (found !== undefined) return found;
    throw lab.unmet(
      { en: `a line "${name} …" in /root/capacity`, fr: `une ligne « ${name} … » dans /root/capacity` },
      seen(text),
      plain('lab ssh client -- cat /root/capacity'),
    );
  };

  const measured = (web: number) =>
    lab.that(
      {
        en: `p99-${web} is what ${rate} requests a second took with ${web} web machine(s)`,
        fr: `p99-${web} est ce qu'ont pris ${rate} requêtes par seconde avec ${web} machine(s) web`,
      },
      [loads.need, notes],
      (facts) => {
        const runs = loads.of(facts).filter((load) => !load.search && load.web === web && load.rate === rate);
        const look = plain(`lab load --rate ${rate} --web 1,2`);
        if (runs.length === 0)
          throw lab.unmet(
            { en: 'such a measurement', fr: 'une telle mesure' },
            { en: 'none since the lab began', fr: 'aucune depuis le début du lab' },
            look,
          );
        const said = noted(facts, `p99-${web}`);
        if (!runs.some((run) => run.p99 !== null && near(Number(said), run.p99)))
          throw lab.unmet(
            { en: 'the p99 that was measured', fr: 'le p99 mesuré' },
            plain(`p99-${web} ${said}`),
            plain('lab load --last'),
          );
      },
    );

  const sampleIn = (facts: Facts, path: string) => sampleOf(facts.answer('client', sample(path)), path);
  const unharmed = (path: string) =>
    lab.that(
      { en: `${path}: no request failed`, fr: `${path} : aucune requête n'a échoué` },
      [{ machine: 'client', probe: sample(path) }],
      (facts) => {
        const { requests, failed } = sampleIn(facts, path);
        if (failed === 0 && requests >= ENOUGH) return;
        throw lab.unmet(plain(`0 / ≥ ${ENOUGH}`), plain(`${failed} / ${requests}`));
      },
    );

  /** When Apache was started on web1, in seconds since 1970. */
  const starts = {
    kind: 'command',
    command:
      "systemctl show --timestamp=unix -P ActiveEnterTimestamp apache2 | tr -d @; journalctl -u apache2 -o short-unix --no-pager -g '^Started' -n 20 | cut -d. -f1",
  } as const;
  const workedOn = lab.that(
    {
      en: 'Apache of web1 was started again while drain.json was written',
      fr: "l'Apache de web1 a été redémarré pendant l'écriture de drain.json",
    },
    [
      { machine: 'client', probe: sample('/root/drain.json') },
      { machine: 'web1', probe: starts },
    ],
    (facts) => {
      const { end } = sampleIn(facts, '/root/drain.json');
      const times = facts.answer('web1', starts).out.split('\n').map(Number).filter(Boolean);
      if (times.some((time) => time <= end && time >= end - WINDOW)) return;
      throw lab.unmet(
        { en: 'a start in that time', fr: 'un démarrage dans ce temps' },
        { en: 'none', fr: 'aucun' },
        plain('lab ssh web1 -- journalctl -u apache2'),
      );
    },
  );

  const stat = { kind: 'command', command: STATS } as const;
  const serversAt = (facts: Facts, lb: CheckedMachine) =>
    serversOf(facts.answer(lb.name, stat).out).filter((server) => server.check !== '');
  const back = (lb: CheckedMachine) =>
    lab.that(
      {
        en: `${lb.name} sends requests to web1 again`,
        fr: `${lb.name} envoie de nouveau des requêtes à web1`,
      },
      [{ machine: lb.name, probe: stat }],
      (facts) => {
        const found = serversAt(facts, lb).find((server) => server.name === 'web1');
        if (found?.status === 'UP') return;
        throw lab.unmet(plain('web1 UP'), plain(`web1 ${found?.status ?? '-'}`), plain('lab status'));
      },
    );
  const three = (lb: CheckedMachine) =>
    lab.that(
      { en: `${lb.name} has three healthy web machines`, fr: `${lb.name} a trois machines web saines` },
      [{ machine: lb.name, probe: stat }],
      (facts) => {
        const known = serversAt(facts, lb);
        const well = new Set(
          known
            .filter((server) => /^\*? ?L7OK$/.test(server.check) && !server.status.startsWith('MAINT'))
            .map((server) => server.name),
        );
        if (well.size >= 3) return;
        throw lab.unmet(
          plain('3'),
          plain(known.map((server) => `${server.name} ${server.status}`).join(', ')),
          plain('lab status'),
        );
      },
    );
  const answered = lab.that(
    {
      en: 'scale.json: the third machine has answered',
      fr: 'scale.json : la troisième machine a répondu',
    },
    [{ machine: 'client', probe: sample('/root/scale.json') }],
    (facts) => {
      const { machines } = sampleIn(facts, '/root/scale.json');
      const real = machines.filter((machine) => machine !== '?');
      if (real.length < 3) throw lab.unmet({ en: '3 machines', fr: '3 machines' }, plain(real.join(', ')));
    },
  );

  const searched = (web: number) =>
    lab.that(
      {
        en: `limit-${web} is the highest rate that ${web} web machines sustained`,
        fr: `limit-${web} est le plus haut débit tenu par ${web} machines web`,
      },
      [loads.need, notes],
      (facts) => {
        const runs = loads.of(facts).filter((load) => load.search && load.web === web);
        const said = noted(facts, `limit-${web}`);
        if (runs.some((run) => run.sustained && Math.abs(run.rate - Number(said)) < 0.5)) return;
        throw lab.unmet(
          runs.length > 0
            ? { en: 'the limit of a search', fr: "la limite d'une recherche" }
            : { en: 'a search for the limit', fr: 'une recherche de la limite' },
          plain(`limit-${web} ${said}`),
          plain('lab load --last'),
        );
      },
    );
  const bottleneck = lab.that(
    {
      en: 'the bottleneck is that of a load that was not sustained',
      fr: "le goulot d'étranglement est celui d'une charge qui n'a pas été tenue",
    },
    [loads.need, notes],
    (facts) => {
      const beyond = loads.of(facts).filter((load) => load.search && !load.sustained);
      const said = noted(facts, 'bottleneck');
      if (beyond.some((load) => (load.bottleneck ?? 'none') === said)) return;
      throw lab.unmet(
        { en: 'what was used up then', fr: 'ce qui était alors épuisé' },
        plain(said),
        plain('lab load --last'),
      );
    },
  );

  const most = Number(lab.vary('most'));
  const [greedy, modest] = [lab.machine('db2'), lab.machine('db1')];
  const page = `https://${lab.host}/machine`;
  /** Asked of each load balancer by its own address: the one without the front address has to do it tomorrow. */
  const bounded = (lb: CheckedMachine) => {
    const resolve = `${lab.host}:443:${lb.address}`;
    return [
      greedy
        .command(
          `curl -sk -o /dev/null -w '%{http_code}\\n' --resolve ${resolve} '${page}?[1-${most + BEYOND}]' | sort | uniq -c`,
          {
            timeout: 20,
            title: {
              en: `a visitor who wants too much of ${lb.name} is told so (429)`,
              fr: `un visiteur qui demande trop à ${lb.name} se l'entend dire (429)`,
            },
          },
        )
        .prints(/^\s*\d+ 429$/m),
      modest.http(page, { resolve, insecure: true, times: FEW }).answers(200),
    ];
  };

  return {
    1: [measured(1), measured(2)],
    2: [unharmed('/root/drain.json'), workedOn, ...balancers.map(back)],
    3: [
      unharmed('/root/scale.json'),
      answered,
      ...balancers.map(three),
      client.http(`https://${lab.host}/machine`).answers(200),
    ],
    4: [searched(2), searched(3), bottleneck],
    5: balancers.flatMap(bounded),
  };
}) satisfies Checks;
