import { decimal, languageOfRun } from '../../base/text.ts';
import type { Bar, MachineTimeline, Timeline } from './analyse.ts';
import { nameOfBar } from './words.ts';

/** A bar as it is drawn: percents of the chart's width, and the row of its lane. */
export interface DrawnBar {
  left: number;
  width: number;
  row: number;
  /** Classes of the style sheet. */
  look: string;
  label: string;
  title: string;
}

export interface DrawnLane {
  name: string;
  /** Below the name: CPU seconds. */
  note: string;
  bars: DrawnBar[];
  rows: number;
  /** Path of the load, in a box as wide as the recording is long (milliseconds) and 100 high; empty: not counted. */
  load: string;
}

/** Width of the chart in letters, about: labels stand beside short bars, and the next one must not be under them. */
const LETTERS = 150;
const WAITS = ['turn', 'wait', 'waiting'];
/** Longest label of a wait, in letters; all of it is in its title. */
const LONGEST = 36;

const number = (value: number, digits = 1): string => {
  const factor = 10 ** digits;
  return decimal(Math.round(value * factor) / factor, languageOfRun());
};

const percent = (value: number) => Math.round(value * 1000) / 1000;

/** Bars of one lane in rows: one goes to the first row where it and its label fit. */
function rowsOf(bars: Bar[], total: number, label: (bar: Bar) => string): Map<Bar, number> {
  const letter = total / LETTERS;
  const ends: number[] = [];
  const rows = new Map<Bar, number>();
  for (const bar of bars.filter(({ kind }) => kind !== 'waiting')) {
    const end = Math.max(bar.to, bar.from + (label(bar).length + 1) * letter);
    const found = ends.findIndex((taken) => taken <= bar.from + letter / 4);
    const row = found === -1 ? ends.length : found;
    ends[row] = end;
    rows.set(bar, row);
  }
  for (const bar of bars.filter(({ kind }) => kind === 'waiting')) {
    const role = bars.find(
      ({ kind, name, from, to }) => kind === 'role' && name === bar.role && from <= bar.from && to >= bar.to,
    );
    rows.set(bar, (role && rows.get(role)) ?? 0);
  }
  return rows;
}

const short = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);

function laneOf(name: string, bars: Bar[], note: string, load: string, timeline: Timeline): DrawnLane {
  const { seconds: total, path } = timeline;
  const onPath = (bar: Bar) =>
    path.some(
      (step) =>
        step.kind === bar.kind &&
        step.name === bar.name &&
        step.from === bar.from &&
        (step.machine ?? '') === name,
    );
  const shown = bars.filter(({ from, to, kind }) => !WAITS.includes(kind) || to - from >= total / 400);
  const label = (bar: Bar) => (bar.kind === 'waiting' ? '' : short(nameOfBar(bar)));
  const rows = rowsOf(shown, total, label);
  return {
    name,
    note,
    load,
    rows: Math.max(0, ...rows.values()) + 1,
    bars: shown.map((bar) => ({
      left: percent((bar.from / total) * 100),
      width: percent(((bar.to - bar.from) / total) * 100),
      row: rows.get(bar) ?? 0,
      look: [
        'bar',
        bar.kind,
        ...(WAITS.includes(bar.kind) ? ['hatched'] : []),
        ...(bar.failed ? ['failed'] : []),
        ...(onPath(bar) ? ['path'] : []),
      ].join(' '),
      label: label(bar),
      title: titleOf(bar),
    })),
  };
}

function titleOf(bar: Bar): string {
  const times = `${number(bar.from)} – ${number(bar.to)} s: ${number(bar.to - bar.from)} s`;
  return `${nameOfBar(bar)}\n${times}${bar.cpu === undefined ? '' : `, ${number(bar.cpu)} s CPU`}`;
}

/** Steps of the load between its moments. */
function loadOf({ load }: MachineTimeline, total: number): string {
  if (load.length === 0) return '';
  const points = load.map(({ at, share }, index) => {
    const height = Math.round(Math.min(1, Math.max(0, share)) * 100);
    return `L${Math.round(at * 1000)} ${100 - height}H${Math.round((load[index + 1]?.at ?? total) * 1000)}`;
  });
  return `M${Math.round((load[0]?.at ?? 0) * 1000)} 100${points.join('')}V100Z`;
}

/** Distances between labels of the axis. Seconds. */
const STEPS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600];

/** Everything on the page that is computed. */
export function viewOf(timeline: Timeline) {
  const { seconds: total, machines, kit, path } = timeline;
  const step = STEPS.find((value) => total / value <= 16) ?? 7200;
  const at = (value: number) => percent((value / total) * 100);
  const kitBars = kit.map((bar): Bar => ({ ...bar }));
  const cpuOf = (machine: string | undefined, kind: string, name: string, from: number) =>
    machines
      .find((one) => one.name === machine)
      ?.bars.find((bar) => bar.kind === kind && bar.name === name && bar.from === from)?.cpu;
  const cell = (value: number | undefined) => (value === undefined ? '' : number(value));
  return {
    ticks: Array.from({ length: Math.floor(total / step) + 1 }, (_, index) => ({
      left: at(index * step),
      text: String(index * step),
    })),
    milliseconds: Math.max(1, Math.round(total * 1000)),
    kit: laneOf('', kitBars, '', '', timeline),
    lanes: machines.map((machine) =>
      laneOf(
        machine.name,
        machine.bars,
        machine.cpu === undefined ? '' : `${number(machine.cpu)} s CPU`,
        loadOf(machine, total),
        timeline,
      ),
    ),
    path: path.map(({ machine, kind, name, from, to }) => [
      number(from),
      number(to - from),
      cell(cpuOf(machine, kind, name, from)),
      machine ?? '',
      nameOfBar({ kind, name }),
    ]),
    roles: machines
      .flatMap(({ name: machine, bars }) =>
        bars.filter(({ kind }) => kind === 'role' || kind === 'boot').map((bar) => ({ machine, bar })),
      )
      .sort((a, b) => b.bar.to - b.bar.from - (a.bar.to - a.bar.from))
      .map(({ machine, bar }) => [
        number(bar.to - bar.from),
        cell(bar.cpu),
        machine,
        nameOfBar(bar),
        number(bar.from),
      ]),
    units: machines.map(({ name, units, boot }) => ({
      name,
      boot: boot
        ? [boot.systemd, boot.done].map((moment) =>
            moment === undefined ? '?' : `${number(moment - boot.kernel)} s`,
          )
        : [],
      units: units.map((unit) => ({
        name: unit.name,
        left: at(Math.max(0, unit.from)),
        width: at(Math.max(0, unit.to - Math.max(0, unit.from))),
        seconds: number(unit.to - unit.from, 2),
        cpu: unit.cpu === undefined ? '' : number(unit.cpu, 2),
      })),
    })),
    totals: {
      seconds: `${number(total)} s`,
      machines: timeline.cpu.machines === undefined ? undefined : `${number(timeline.cpu.machines)} s`,
      computer: timeline.cpu.computer === undefined ? undefined : `${number(timeline.cpu.computer)} s`,
      kit: `${number(timeline.cpu.kit)} s`,
    },
  };
}
