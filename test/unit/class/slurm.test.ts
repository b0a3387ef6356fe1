import { expect } from 'chai';
import { LabError } from '../../../tasks/base/errors.ts';
import type { Ended, RunProgram } from '../../../tasks/base/exec.ts';
import { SlurmEngine } from '../../../tasks/class/slurm/engine.ts';
import { judgeSettings, minutesOf } from '../../../tasks/class/slurm/judge.ts';
import { configIn, jobsIn, serversIn, submittedJob, wordsIn } from '../../../tasks/class/slurm/parse.ts';

const limits = { memory: 3500, cores: 2, minutes: 480, graceSeconds: 180 };

describe('class: what Slurm prints', () => {
  it('the number of a job', () => {
    expect(submittedJob('17\n')).to.equal('17');
    expect(submittedJob('Welcome to the cluster.\n18;main\n')).to.equal('18');
    for (const text of ['', 'Submitted batch job 17', '17;$(x)', '-1', '17 18'])
      expect(() => submittedJob(text), text).to.throw(LabError, /sbatch/);
  });

  it('jobs: their students, servers and why they wait', () => {
    const text = [
      '6|RUNNING|s1|lab:net:alice|None',
      '7|PENDING||lab:net:bob@example.org|Resources',
      '8|PENDING||lab:net:c|BeginTime',
      '9|PENDING||lab:net:d|launch failed requeued held',
      '10|PENDING||lab:net:e|JobHeldUser',
      '11|COMPLETING|s2|lab:net:f|None',
      '12|PENDING||lab:net:g|None',
      '13|PENDING||lab:net:h|(ReqNodeNotAvail, May be reserved|down)',
      '14|COMPLETED|s2|lab:net:over|None',
      '15_[1-3]|PENDING||somebody elses|None',
      '16|RUNNING|s1|lab:net2:z|None',
      '',
    ].join('\n');
    expect(jobsIn(text, 'net')).to.deep.equal([
      { id: '6', student: 'alice', phase: 'running', server: 's1', reason: '' },
      { id: '7', student: 'bob@example.org', phase: 'waiting', server: undefined, reason: 'Resources' },
      { id: '8', student: 'c', phase: 'delayed', server: undefined, reason: 'BeginTime' },
      { id: '9', student: 'd', phase: 'delayed', server: undefined, reason: 'launch failed requeued held' },
      { id: '10', student: 'e', phase: 'held', server: undefined, reason: 'JobHeldUser' },
      { id: '11', student: 'f', phase: 'ending', server: undefined, reason: '' },
      { id: '12', student: 'g', phase: 'waiting', server: undefined, reason: '' },
      {
        id: '13',
        student: 'h',
        phase: 'waiting',
        server: undefined,
        reason: '(ReqNodeNotAvail, May be reserved|down)',
      },
    ]);
    expect(jobsIn('', 'net')).to.deep.equal([]);
    for (const line of [
      'slurm_load_jobs error',
      '6|RUNNING|s1;rm|lab:net:a|None',
      'x|RUNNING|s1|lab:net:a|None',
      '6|running|s1|lab:net:a|',
    ])
      expect(() => jobsIn(line, 'net'), line).to.throw(LabError, /squeue/);
  });

  it('servers, each once, in the order that people count', () => {
    const text =
      's10|idle|8|15900\ns2|mixed|8|15900\ns2|mixed|8|15900\ns3|down*|8|15900\ns4|drained|8+|15900+\n';
    expect(serversIn(text).map(({ name, usable, cores }) => [name, usable, cores])).to.deep.equal([
      ['s2', true, 8],
      ['s3', false, 8],
      ['s4', false, 8],
      ['s10', true, 8],
    ]);
    expect(() => serversIn('s1 idle')).to.throw(LabError, /sinfo/);
  });

  it('times', () => {
    expect(['UNLIMITED', '02:00:00', '1-00:30:00', undefined].map(minutesOf)).to.deep.equal([
      undefined,
      120,
      1470,
      undefined,
    ]);
  });
});

describe('class: what a cluster’s settings mean', () => {
  const config = (more: Record<string, string> = {}) =>
    configIn(
      Object.entries({
        SelectTypeParameters: 'CR_CPU_MEMORY',
        SlurmdTimeout: '30 sec',
        ProctrackType: 'proctrack/cgroup',
        TaskPlugin: 'task/affinity,task/cgroup',
        ...more,
      })
        .map(([key, value]) => `${key.padEnd(24)}= ${value}`)
        .join('\n'),
    );
  const partition = (more = '') =>
    wordsIn(`PartitionName=class Default=YES MaxTime=UNLIMITED OverSubscribe=FORCE:16 LLN=YES ${more}`);
  const bad = (settings: Map<string, string>, words: Map<string, string> | undefined) =>
    judgeSettings(settings, words, limits, undefined)
      .filter(({ status }) => status !== 'ok')
      .map(({ status, text, fix }) => `${status}: ${text.en} ${fix?.en}`);

  it('one that suits', () => {
    expect(bad(config(), partition())).to.deep.equal([]);
  });

  const cases: [string, Map<string, string>, Map<string, string> | undefined, RegExp][] = [
    ['no partition', config(), undefined, /^fail: No partition is the default/],
    [
      'a short time',
      config(),
      wordsIn('MaxTime=02:00:00 OverSubscribe=FORCE:4 LLN=YES'),
      /^fail: A job may run 120 minutes; a lab asks for 480/,
    ],
    [
      'cores that are not shared',
      config(),
      wordsIn('MaxTime=UNLIMITED OverSubscribe=NO LLN=YES'),
      /^warn: Labs do not share cores.*FORCE:16/,
    ],
    [
      'one server filled first',
      config(),
      wordsIn('MaxTime=UNLIMITED OverSubscribe=YES LLN=NO'),
      /^warn: One server is filled.*LLN=YES/,
    ],
    [
      'memory that is not counted',
      config({ SelectTypeParameters: 'CR_CPU' }),
      partition(),
      /^warn: Memory is not counted/,
    ],
    [
      'servers that are never given up',
      config({ SlurmdTimeout: '0 sec' }),
      partition(),
      /^fail: A server that does not answer is never/,
    ],
    [
      'servers that are given up late',
      config({ SlurmdTimeout: '300 sec' }),
      partition(),
      /^warn: .*after 300 s/,
    ],
    [
      'no control groups',
      config({ ProctrackType: 'proctrack/pgid' }),
      partition(),
      /^fail: Jobs are not kept in control groups/,
    ],
  ];
  for (const [what, settings, words, expected] of cases)
    it(`${what}: is said, with what to ask for`, () => {
      const found = bad(settings, words);
      expect(found).to.have.length(1);
      expect(found[0]).to.match(expected).and.not.include('undefined');
    });
});

describe('class: commands of Slurm', () => {
  const ended = (more: Partial<Ended>): Ended => ({
    code: 0,
    stdout: '',
    stderr: '',
    missing: false,
    timedOut: false,
    ...more,
  });
  const engineThat = (answer: Partial<Ended>) => {
    const calls: string[] = [];
    const run: RunProgram = async (program, args) => {
      calls.push([program, ...args].join(' '));
      return ended(answer);
    };
    return { calls, engine: new SlurmEngine({ partition: 'p' }, run) };
  };
  const order = {
    ...{ className: 'net', student: 'alice', limits, log: '/c/labs/alice/log/1', avoid: ['s2', 's3'] },
    ...{ script: ['/kit', '/c', 'alice'], env: {} },
  };

  it('a lab is a job that runs again after a loss, hears of its end, and has limits', async () => {
    const { calls, engine } = engineThat({ stdout: '17\n' });
    expect(await engine.submit(order)).to.equal('17');
    for (const word of [
      '--requeue',
      '--job-name=lab:net:alice',
      '--signal=B:TERM@180',
      '--time=480',
      '--mem=3500M',
      '--cpus-per-task=2',
      '--oversubscribe',
      '--exclude=s2,s3',
      '--partition=p',
    ])
      expect(calls[0]?.split(' '), word).to.include(word);
    expect(calls[0]).to.match(/slurm\/batch\.sh \/kit \/c alice$/);
  });

  it('a job that is gone by now is no error, anything else is one sentence', async () => {
    await engineThat({
      code: 1,
      stderr: 'scancel: error: Kill job error on job id 17: Invalid job id specified',
    }).engine.cancel('17');
    const failures: [Partial<Ended>, RegExp][] = [
      [{ code: 1, stderr: 'sbatch: error: QOSMaxSubmitJobPerUserLimit' }, /Slurm refused \(sbatch\)/],
      [{ code: undefined as never, missing: true }, /There is no program sbatch here/],
      [
        {
          code: 1,
          stderr:
            'sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)',
        },
        /controller of Slurm does not answer/,
      ],
      [{ code: undefined as never, timedOut: true }, /controller of Slurm does not answer/],
    ];
    for (const [answer, sentence] of failures) {
      const error = await engineThat(answer)
        .engine.submit(order)
        .catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(LabError);
      expect((error as LabError).what.en).to.match(sentence);
    }
  });

  it('a job that is delayed starts now, one that failed to launch is released', async () => {
    const { calls, engine } = engineThat({});
    const job = { id: '8', student: 'c', phase: 'delayed' as const, server: undefined };
    await engine.release({ ...job, reason: 'BeginTime' });
    await engine.release({ ...job, reason: 'launch failed requeued held' });
    expect(calls).to.deep.equal(['scontrol update jobid=8 StartTime=now', 'scontrol release 8']);
  });
});
