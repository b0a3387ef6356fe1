import { expect } from 'chai';
import type { Text } from '../../../base/text.ts';
import { between, FAST } from '../../../roles/timers.ts';
import { machineNamed, machinesOf, type RoleName, type Topology } from '../../../topology/model.ts';
import type { LabGuide } from '../../guides/model.ts';
import { variedValue } from '../../guides/values.ts';
import { type Expectation, expectation, type FactsView, plain, Unknown, Unmet } from '../expectation.ts';
import type { HttpOptions, Need, SqlTarget } from '../probe.ts';
import { Quorum } from './cluster.ts';
import { DossierFile } from './dossier.ts';
import { Http } from './http.ts';
import { doesNotListen, FloatingAddress, listens, reaches } from './network.ts';
import { Cluster } from './pacemaker.ts';
import { type Predictions, predictionsOn } from './predictions.ts';
import { Command, Sql } from './program.ts';
import { drillsSince, Incident, loadsSince, passedSince, wasStarted } from './records.ts';
import { wholeService } from './redundancy.ts';
import { Service, unitProperties } from './service.ts';
import { MachineFile, Mount } from './system.ts';
import { Survival, Watched } from './trial.ts';

/** One machine of the lab, as checks speak of it. */
export class CheckedMachine {
  constructor(
    readonly name: string,
    readonly address: string,
  ) {}
  service = (unit: string) => new Service(this.name, unit);
  listens = (port: number, options: { address?: string; proto?: 'tcp' | 'udp' } = {}) =>
    listens(this.name, port, options);
  doesNotListen = (port: number, proto?: 'tcp' | 'udp') => doesNotListen(this.name, port, proto);
  /** A TCP connection from here. */
  reaches = (host: string, port: number) => reaches(this.name, host, port, true);
  doesNotReach = (host: string, port: number) => reaches(this.name, host, port, false);
  /** A request from here. */
  http = (url: string, options: HttpOptions = {}) => new Http(this.name, url, options);
  /** A query from here, by default to the server of this machine as root. */
  sql = (query: string, target: SqlTarget = {}) => new Sql(this.name, query, target);
  mount = (folder: string) => new Mount(this.name, folder);
  file = (path: string) => new MachineFile(this.name, path);
  /** A program run here; it must change nothing. `title` replaces the command in what the student reads. */
  command = (command: string, options: { as?: string; timeout?: number; title?: Text } = {}) => {
    const { title, ...rest } = options;
    return new Command(this.name, { kind: 'command', command, ...rest }, title);
  };
  hasPackage = (name: string): Expectation =>
    expectation(
      { en: `${name} is installed on ${this.name}`, fr: `${name} est installé sur ${this.name}` },
      this.name,
      { kind: 'package', name },
      (answer) => {
        if (answer.out.trim() !== 'installed')
          throw new Unmet(
            plain(name),
            { en: 'not installed', fr: 'pas installé' },
            plain(`lab ssh ${this.name} -- apt install ${name}`),
          );
      },
    );
}

/** The vocabulary of checks, for one lab guide on one topology; docs/checks.md lists it. */
export class Vocabulary {
  constructor(
    readonly topology: Topology,
    readonly guide: Pick<LabGuide, 'id' | 'vary' | 'faults'>,
    readonly student: string | undefined,
    /** The name of the front address. */
    readonly host: string,
    private readonly factor = FAST,
    private readonly code?: string,
  ) {}

  readonly expect = expect;

  machine = (name: string): CheckedMachine =>
    new CheckedMachine(name, machineNamed(this.topology, name).address);

  /** The machines of a role, in the topology's order. */
  machines = (role: RoleName): CheckedMachine[] =>
    machinesOf(this.topology, role).map((machine) => this.machine(machine.name));

  /** A floating address of the topology by its name, or any address. */
  floating = (name: string): FloatingAddress =>
    new FloatingAddress(
      this.topology,
      Object.values(this.topology.floating).find((floating) => floating.name === name)?.address ?? name,
    );

  /** A group that decides by votes, as this member sees it. */
  quorum = (kind: 'galera' | 'corosync' | 'sentinel', member: string): Quorum => new Quorum(kind, member);

  /** The Pacemaker cluster, as this member sees it. */
  cluster = (member: string): Cluster => new Cluster(member);

  /** A visitor on `from` asks for `url` while a fault of this lab is made; judged with `lab check --trials` only. */
  survives = (fault: string, how: { from?: string; url: string; seconds?: number }): Survival =>
    new Survival(`${this.guide.id}/${fault}`, how);

  /** A command on `from` looks for what follows while a fault of this lab is made: at most so many seconds; with `lab check --trials` only. */
  under = (fault: string, how: { from?: string; watch: string; seconds: number }): Watched =>
    new Watched(`${this.guide.id}/${fault}`, how);

  /** `lab start` was made for this lab. First in a step: nothing else is asked for it then. */
  wasStarted = (): Expectation => wasStarted(this.guide.id);

  /** Drills and loads of the kit that were recorded since this lab was started last. */
  drills = () => drillsSince(this.guide.id);
  loads = () => loadsSince(this.guide.id);

  /** When each step was first found to hold by a `lab check` since this lab was started last, by its id. */
  passed = () => passedSince(this.guide.id);

  /** What the timers that the machines run with say of a fault; with `roles`, of one of what these hold. */
  predictions = (...roles: RoleName[]): Predictions =>
    predictionsOn(this.topology, roles.length > 0 ? roles : undefined);

  /** The student's dossier.yaml. */
  dossier = (): DossierFile => new DossierFile(this.guide.id);

  /** An incident by its number (secret faults, in the order in which they were made), or a fault of this lab by its name. */
  incident = (which: number | string): Incident =>
    new Incident(this.guide, this.student, which, this.machines('client')[0]?.name ?? 'client', this.code);

  /** Nothing is missing to full redundancy; `quiet`: what is, is not told. */
  isWhole = (options: { quiet?: boolean } = {}): Expectation => wholeService(this.topology, options);

  /**
   * A limit of something that the lab's timers decide: `fast` with those of an ordinary computer, `slow` with the slow set, and in between
   * for a lab in between. Hundredths.
   */
  paced = (fast: number, slow: number): number => Math.round(between(fast, slow, this.factor) * 100) / 100;

  /** The value of this student for a name below `vary`. */
  vary = (name: string): string => {
    const vary = this.guide.vary[name];
    if (!vary) throw new Error(`lab ${this.guide.id} does not vary "${name}"`);
    return variedValue(vary, this.guide.id, name, this.student, this.code);
  };

  /** Expectations on values of the student's own: of a lab of no student nothing of the kind is asked. */
  own = (...expectations: Expectation[]): Expectation[] => (this.student === undefined ? [] : expectations);

  /** At least one of the expectations holds. */
  any = (title: Text, ...all: Expectation[]): Expectation => ({
    title,
    needs: all.flatMap((expectation) => expectation.needs),
    judge: (facts) => {
      let last: unknown;
      for (const expectation of all) {
        try {
          expectation.judge(facts);
          return;
        } catch (error) {
          // That it cannot be said outweighs that another one does not hold.
          if (!(last instanceof Unknown)) last = error;
        }
      }
      throw last;
    },
  });

  /** An expectation of the author's own: `judge` gets the facts and throws, for example through `expect` (chai). */
  that = (title: Text, needs: Need[], judge: (facts: FactsView) => void): Expectation => ({
    title,
    needs,
    judge,
  });

  /** For `that`: an error that says in both languages what was expected and found. */
  unmet = (wanted: Text, found: Text, look?: Text): Unmet => new Unmet(wanted, found, look);
  unitProperties = unitProperties;
}

/** What check.ts exports: for each step, by its number, what must hold. */
export type Checks = (lab: Vocabulary) => Record<number, Expectation[]>;
