import { join } from 'node:path';
import { LabError } from '../../base/errors.ts';
import { type Ended, outputOf, type RunProgram, runProgram } from '../../base/exec.ts';
import { ROOT } from '../../base/paths.ts';
import type {
  ClusterEngine,
  CommandLine,
  Finding,
  Job,
  Limits,
  Order,
  ServerState,
  Wish,
} from '../engine.ts';
import { judgeSettings } from './judge.ts';
import {
  configIn,
  JOB_FORMAT,
  jobName,
  jobsIn,
  SERVER_FORMAT,
  serversIn,
  submittedJob,
  wordsIn,
} from './parse.ts';

/** Where on the cluster a class runs; undefined: the cluster's own default. */
export interface SlurmChoice {
  partition?: string | undefined;
  account?: string | undefined;
  qos?: string | undefined;
}

/** Seconds that a command of Slurm may take; a controller that restarts answers within that. */
const SECONDS = 60;

/** Seconds that a probe waits for a place on its server. */
const PLACE_SECONDS = 20;

/** What the batch script is told with: its own shell alone gets the signal, not the lab. */
const SIGNALS: Record<Wish, string> = { save: 'USR1', end: 'TERM' };

/** The job has ended by itself, which is no error. */
const GONE = /Invalid job id|already completing|already completed|job\/step already/i;

/** Slurm, through its own commands: they are the same from version to version, its REST interface is not. */
export class SlurmEngine implements ClusterEngine {
  readonly name = 'slurm';

  constructor(
    private readonly choice: SlurmChoice = {},
    private readonly run: RunProgram = runProgram,
  ) {}

  async submit(order: Order): Promise<string> {
    const { limits, avoid } = order;
    const args = [
      ...['--parsable', '--export=ALL', '--requeue', `--job-name=${jobName(order.className, order.student)}`],
      ...[`--signal=B:TERM@${limits.graceSeconds}`, `--time=${limits.minutes}`],
      ...this.placeOptions(limits),
      ...['--open-mode=append', `--output=${order.log}-%j.log`, '--chdir=/'],
      ...(avoid.length > 0 ? [`--exclude=${avoid.join(',')}`] : []),
      join(ROOT, 'tasks', 'class', 'slurm', 'batch.sh'),
      ...order.script,
    ];
    const ended = await this.must('sbatch', args, order.env);
    return submittedJob(ended.stdout);
  }

  async list(className: string): Promise<Job[]> {
    return jobsIn((await this.must('squeue', ['-h', '--me', '-o', JOB_FORMAT])).stdout, className);
  }

  async signal(job: string, wish: Wish): Promise<void> {
    await this.mustUnlessGone('scancel', ['--batch', `--signal=${SIGNALS[wish]}`, job]);
  }

  async cancel(job: string): Promise<void> {
    await this.mustUnlessGone('scancel', [job]);
  }

  async release({ id, reason }: Job): Promise<void> {
    const words = /held/i.test(reason) ? ['release', id] : ['update', `jobid=${id}`, 'StartTime=now'];
    await this.mustUnlessGone('scontrol', words);
  }

  async avoid(job: string, servers: string[]): Promise<void> {
    await this.mustUnlessGone('scontrol', ['update', `jobid=${job}`, `ExcNodeList=${servers.join(',')}`]);
  }

  attach(job: string, command: string[], { terminal }: { terminal: boolean }): CommandLine {
    const shared = [`--jobid=${job}`, '--overlap', '--quiet', '--nodes=1', '--ntasks=1', '--chdir=/'];
    return { program: 'srun', args: [...shared, ...(terminal ? ['--pty'] : []), ...command] };
  }

  probe(server: string, limits: Limits, command: string[]): CommandLine {
    const options = [`--nodelist=${server}`, '--job-name=lab-probe', '--time=5', '--quiet', '--chdir=/'];
    return {
      program: 'srun',
      args: [...options, `--immediate=${PLACE_SECONDS}`, ...this.placeOptions(limits), ...command],
    };
  }

  async servers(): Promise<ServerState[]> {
    const { partition } = this.choice;
    const where = partition === undefined ? [] : [`--partition=${partition}`];
    return serversIn((await this.must('sinfo', ['-h', '-N', '-o', SERVER_FORMAT, ...where])).stdout);
  }

  async judge(limits: Limits): Promise<Finding[]> {
    const config = configIn((await this.must('scontrol', ['show', 'config'])).stdout);
    const text = (await this.must('scontrol', ['--oneliner', 'show', 'partition'])).stdout;
    const partitions = text.split('\n').filter(Boolean).map(wordsIn);
    const { partition } = this.choice;
    const found = partitions.find((words) =>
      partition === undefined ? words.get('Default') === 'YES' : words.get('PartitionName') === partition,
    );
    return judgeSettings(config, found, limits, partition);
  }

  private placeOptions({ memory, cores }: Limits): string[] {
    const { partition, account, qos } = this.choice;
    return [
      ...['--nodes=1', '--ntasks=1', `--cpus-per-task=${cores}`, `--mem=${memory}M`, '--oversubscribe'],
      ...(partition === undefined ? [] : [`--partition=${partition}`]),
      ...(account === undefined ? [] : [`--account=${account}`]),
      ...(qos === undefined ? [] : [`--qos=${qos}`]),
    ];
  }

  private async must(program: string, args: string[], env: Record<string, string> = {}): Promise<Ended> {
    const ended = await this.run(program, args, { seconds: SECONDS, env });
    if (ended.code === 0) return ended;
    throw refused(program, ended);
  }

  private async mustUnlessGone(program: string, args: string[]): Promise<void> {
    const ended = await this.run(program, args, { seconds: SECONDS });
    if (ended.code === 0 || GONE.test(ended.stderr)) return;
    throw refused(program, ended);
  }
}

/** What a program of Slurm said when it did not do what was asked. */
export function refused(program: string, ended: Ended): LabError {
  if (ended.missing)
    return new LabError(
      {
        en: `There is no program ${program} here: this computer belongs to no Slurm cluster.`,
        fr: `Le programme ${program} n'est pas là : cet ordinateur n'appartient à aucun cluster Slurm.`,
      },
      {
        en: 'run the command where jobs are submitted (a login server of the cluster).',
        fr: 'lancez la commande là où l’on soumet les travaux (un serveur de connexion du cluster).',
      },
    );
  const said = outputOf(ended).trim().split('\n').slice(-3);
  if (ended.timedOut || /Unable to contact slurm controller|Connection refused/i.test(ended.stderr))
    return new LabError(
      { en: 'The controller of Slurm does not answer.', fr: 'Le contrôleur de Slurm ne répond pas.' },
      {
        en: 'labs that run go on meanwhile; wait for it, or ask the administrator (`scontrol ping`).',
        fr: 'les labs en marche continuent ; attendez-le, ou prévenez l’administrateur (`scontrol ping`).',
      },
      said,
    );
  return new LabError(
    { en: `Slurm refused (${program}).`, fr: `Slurm a refusé (${program}).` },
    {
      en: '`lab class doctor` says what the cluster must allow.',
      fr: '`lab class doctor` dit ce que le cluster doit permettre.',
    },
    said,
  );
}
