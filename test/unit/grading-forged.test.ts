import type { KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { HistoryEntry } from '../../tasks/exercises/state/state.ts';
import type { Story } from './helpers/facts.ts';

const { packBundle } = await import('../../tasks/exercises/grading/bundle.ts');
const { grade } = await import('../../tasks/exercises/grading/grade.ts');
const { teachersTopologies } = await import('../../tasks/exercises/grading/topology.ts');
const { ROOT } = await import('../../tasks/base/paths.ts');
const { markOf } = await import('../../tasks/exercises/session/start.ts');
const { anchorOf } = await import('../../tasks/exercises/state/state.ts');
const { codeOf } = await import('../../tasks/exercises/guides/student.ts');
const { labNamed } = await import('../../tasks/exercises/guides/load.ts');
const { HOST, probeKey } = await import('../../tasks/exercises/checks/probe.ts');
const { begunRecord, contentOf, labs, newKey, note, rechecked } = await import('./helpers/facts.ts');

type Content = Awaited<ReturnType<typeof contentOf>>;
type Made = { content: Content; key: KeyObject; participant?: { id: string; name: string } };

const AT = '2026-01-01T09:40:00.000Z';
const SEED = 'a seed that nobody else knows';

/** The same entries without some of them, chained anew: what a program makes in a moment. */
function rechained(history: HistoryEntry[], keep: (entry: HistoryEntry) => boolean): HistoryEntry[] {
  const anew: HistoryEntry[] = [];
  for (const { at, before: _, ...entry } of history.filter(keep)) note(anew, entry, at);
  return anew;
}

/** The facts of another bundle, with the marks and the record of this student: a friend's work that was adapted with care. */
async function adapted(friend: Content, student: string, key: KeyObject): Promise<Content> {
  const { history, anchors } = begunRecord(student, key);
  const facts = structuredClone(friend.facts);
  for (const [name, { identity }] of Object.entries(facts.machines))
    Object.assign(identity, { mark: markOf(student, name), record: anchors.join(' ') });
  const content = { ...structuredClone(friend), student, facts, history };
  content.history.push(content.history[0] as HistoryEntry);
  return rechecked(content);
}

/** Alice's own bundle, whose own machines share one thing with bob's. */
const sharing = (what: string, machines: string[]) => async (): Promise<Made[]> => {
  const bob = { content: await contentOf('bob', { key: newKey() }), key: newKey() };
  bob.key = newKey();
  bob.content = await contentOf('bob', { key: bob.key });
  const key = newKey();
  const content = await contentOf('alice', {
    key,
    facts: (facts) => {
      for (const name of machines) {
        const [own, other] = [facts.machines[name]?.identity, bob.content.facts.machines[name]?.identity];
        if (own && other?.[what]) own[what] = other[what];
      }
    },
  });
  return [{ content, key }, bob];
};

const alice = async (story: Story = {}, change: (content: Content) => void = () => undefined) => {
  const key = story.key ?? newKey();
  const content = await contentOf('alice', { ...story, key });
  change(content);
  return { content, key };
};

/** Alice's lab in which something happened; the machines remember it. */
const after_ =
  (...entries: Omit<HistoryEntry, 'at' | 'before'>[]) =>
  async (): Promise<Made[]> => [
    await alice({
      meanwhile: (history) => {
        for (const entry of entries) note(history, entry, AT);
      },
    }),
  ];

/** Each forgery by what was done; the flag (kind: text) that alice's bundle gets, and her points where they say something. */
const FORGERIES: {
  done: string;
  make: () => Promise<Made[]>;
  flag: RegExp;
  points?: number;
  options?: object;
}[] = [
  {
    done: "a friend's bundle with the name changed",
    make: async () => {
      const key = newKey();
      const friend = await contentOf('bob', { key });
      return [
        { content: { ...structuredClone(friend), student: 'alice' }, key },
        { content: friend, key },
      ];
    },
    flag: /^copied: the machines are those of bob/,
  },
  {
    done: 'the same when the friend hands nothing in and is on no list',
    make: async () => {
      const key = newKey();
      return [{ content: { ...(await contentOf('bob', { key })), student: 'alice' }, key }];
    },
    flag: /^mark: the machines do not carry the student's mark/,
  },
  {
    done: "a friend's facts with marks, record and key of one's own",
    make: async () => {
      const [bobs, key] = [newKey(), newKey()];
      const friend = await contentOf('bob', { key: bobs });
      return [
        { content: await adapted(friend, 'alice', key), key },
        { content: friend, key: bobs },
      ];
    },
    flag: /^copied: shares a boot, a machine-id, an SSH host key, a Galera group \(UUID\), a DRBD generation with/,
    points: 3,
  },
  {
    done: 'the identity of the machines emptied',
    make: async () => [
      await alice({
        facts: ({ machines }) => {
          for (const machine of Object.values(machines)) machine.identity = {};
        },
      }),
    ],
    flag: /^mark: these machines do not say who they are: client, web1, web2/,
  },
  {
    done: 'the history emptied',
    make: async () => [
      await alice({}, (content) => {
        content.history = [];
      }),
    ],
    flag: /^history: its record lacks the beginning/,
  },
  {
    done: 'signed with a key made for it',
    make: async () => [{ ...(await alice()), key: newKey() }],
    flag: /^key: signed with another key than the one that its record began with/,
  },
  { done: 'lab solve', make: after_({ kind: 'solve', what: '01' }), flag: /^solved: .*lab solve 01/ },
  {
    done: 'lab solve of one step',
    make: after_({ kind: 'solve', what: '01.2' }),
    flag: /^solved: .*lab solve 01\.2/,
  },
  {
    done: 'lab apply of what the lab builds',
    make: after_({ kind: 'apply', what: 'web', roles: ['web'] }),
    flag: /^solved: .*lab apply web/,
  },
  {
    done: 'lab up in the middle, with all roles',
    make: after_({ kind: 'up', what: '', roles: ['client', 'web', 'lb'] }),
    flag: /^solved: .*lab up$/,
  },
  {
    done: 'lab scale, which applies roles',
    make: after_({ kind: 'scale', what: 'web=3', roles: ['web', 'lb'] }),
    flag: /^solved: .*lab scale web=3/,
  },
  {
    done: 'lab selfcheck',
    make: after_({ kind: 'selfcheck', what: '01' }),
    flag: /^solved: .*lab selfcheck 01/,
  },
  {
    done: 'a snapshot of the solved lab brought back after a new start',
    make: after_(
      { kind: 'solve', what: '01' },
      { kind: 'save', what: 'mine' },
      { kind: 'start', what: '01' },
      { kind: 'snapshot', what: 'mine' },
    ),
    flag: /^solved: .*lab solve 01/,
  },
  {
    done: 'a snapshot that the record does not know brought back',
    make: after_({ kind: 'snapshot', what: 'start-1' }),
    flag: /^solved: .*lab snapshot restore start-1 \(the record does not say/,
  },
  {
    done: "another lab's machines",
    make: after_({ kind: 'start', what: '02' }),
    flag: /^solved: .*come from the start of lab 02/,
  },
  {
    done: 'lab solve taken out of the record, which is chained anew',
    make: async () => [
      await alice({ meanwhile: (history) => note(history, { kind: 'solve', what: '01' }, AT) }, (content) => {
        content.history = rechained(content.history, ({ kind }) => kind !== 'solve');
      }),
    ],
    flag: /^history: entries were taken out of its record that client, web1, web2 remember/,
  },
  {
    done: 'the record deleted and begun again, with the same key',
    make: async () => {
      const made = await alice({ meanwhile: (history) => note(history, { kind: 'solve', what: '01' }, AT) });
      made.content.history = begunRecord('alice', made.key).history;
      made.content.history.push(made.content.history[0] as HistoryEntry);
      rechecked(made.content);
      return [made];
    },
    flag: /^history: entries were taken out of its record that/,
  },
  {
    done: 'the record deleted on the machines as well',
    make: async () => [
      await alice({
        facts: ({ machines }) => {
          for (const { identity } of Object.values(machines)) identity.record = '';
        },
      }),
    ],
    flag: /^history: client, web1, web2 remember nothing of its record/,
  },
  {
    done: 'a machine off, so that it tells nothing of the record',
    make: async () => [
      await alice({
        facts: ({ machines }) => {
          machines.web2 = { state: 'off', took: 0, identity: {}, answers: {} };
        },
      }),
    ],
    flag: /^incomplete: web2 was off/,
    points: 5,
  },
  {
    done: 'facts made better after the check, and signed again',
    make: async () => [
      await alice({}, ({ facts }) => {
        for (const answer of Object.values(facts.machines.web1?.answers ?? {})) answer.out += ' ';
      }),
    ],
    flag: /^history: its record has no check that found these facts/,
  },
  {
    done: 'a bundle of one step',
    make: async () => [
      await alice({}, (content) => {
        content.asked = ['01.1'];
        for (const lab of content.result.labs) lab.steps = lab.steps.slice(0, 1);
        for (const name of ['web1', 'web2']) delete content.facts.machines[name];
        rechecked(content);
      }),
    ],
    flag: /^incomplete: only 01\.1 was checked/,
    points: 1,
  },
  {
    done: 'a topology without the machines that the checks ask',
    make: async () => [
      await alice({}, (content) => {
        const { topology, facts } = content;
        content.topology = {
          ...topology,
          machines: topology.machines.filter(({ name }) => name !== 'web2'),
        };
        delete facts.machines.web2;
        rechecked(content);
      }),
    ],
    flag: /^incomplete: it has nothing of the machine web2[\s\S]*^topology: .*it has no web2|^topology: .*it has no web2/m,
    points: 5,
  },
  {
    done: 'a check without the trials',
    make: async () => [await alice({ untried: true })],
    flag: /^incomplete: the faults that 01\.4 must survive were not made/,
    points: 7,
  },
  {
    done: 'a bundle of another lab, where the teacher judges lab 2',
    make: async () => [await alice()],
    flag: /^incomplete: it has no result for 02\.1/,
    points: 0,
    options: { lab: labNamed(labs, '2') },
  },
  { done: "bob's boot", make: sharing('boot', ['web1']), flag: /^copied: shares a boot with bob\.lab/ },
  {
    done: "bob's machine-id",
    make: sharing('machine_id', ['web1']),
    flag: /^copied: shares a machine-id with bob\.lab/,
  },
  {
    done: "bob's host key",
    make: sharing('host_key', ['web2']),
    flag: /^copied: shares an SSH host key with bob\.lab/,
  },
  {
    done: "bob's database",
    make: sharing('galera', ['client', 'web1', 'web2']),
    flag: /^copied: shares a Galera group \(UUID\) with bob\.lab/,
  },
  {
    done: "bob's disk, written to since",
    make: async () => {
      const made = await sharing('drbd', ['client', 'web1', 'web2'])();
      for (const { identity } of Object.values(made[1]?.content.facts.machines ?? {}))
        identity.drbd = `${identity.drbd?.slice(0, -1)}${identity.drbd?.endsWith('1') ? '0' : '1'}`;
      if (made[1]) rechecked(made[1].content);
      return made;
    },
    flag: /^copied: shares a DRBD generation with bob\.lab/,
  },
  {
    done: 'public values where the class has a seed',
    make: async () => [await alice()],
    flag: /^code: made without the class's code/,
    points: 3,
    options: { seed: SEED },
  },
  {
    done: "bob's code under alice's name",
    make: async () => [await alice({ code: codeOf(SEED, 'bob') })],
    flag: /^mark: /,
    points: 3,
    options: { seed: SEED },
  },
  {
    done: 'one bundle handed in by two',
    make: async () => {
      const made = await alice();
      return [
        { ...made, participant: { id: '101', name: 'Alice Martin' } },
        { ...made, participant: { id: '102', name: 'Bob Durand' } },
      ];
    },
    flag: /^copied: Alice Martin handed it in for alice, as did Bob Durand/,
  },
  {
    done: "a bundle of alice's in bob's folder, where names are listed",
    make: async () => [{ ...(await alice()), participant: { id: '102', name: 'Bob Durand' } }],
    flag: /^copied: Bob Durand handed it in, and alice is MARTIN Alice/,
    options: { enrolled: [{ student: 'alice', key: undefined, name: 'MARTIN Alice' }] },
  },
];

describe('grading: forgeries are found', () => {
  let folder: string;
  const cache = process.env.LAB_CACHE;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'forged-'));
    process.env.LAB_CACHE = folder;
  });
  after(() => {
    if (cache === undefined) delete process.env.LAB_CACHE;
    else process.env.LAB_CACHE = cache;
    rmSync(folder, { recursive: true });
  });

  const judged = async (made: Made[], options = {}) => {
    const files = made.map(({ content, key, participant }, at) => {
      const file = join(folder, participant ? `${at}.lab` : `${content.student}.lab`);
      writeFileSync(file, packBundle(content, key));
      return { file, ...(participant ? { participant } : {}) };
    });
    return grade(files, labs, { host: 'lab.test', topologyOf: teachersTopologies(ROOT), ...options });
  };

  for (const { done, make, flag, points, options } of FORGERIES)
    it(done, async () => {
      const { grades, unreadable } = await judged(await make(), options);
      expect(unreadable).to.deep.equal([]);
      const forged = grades.find(({ student }) => student === 'alice');
      const flags = forged?.flags.map(({ kind, text }) => `${kind}: ${text.en}`) ?? [];
      expect(
        flags.some((text) => flag.test(text)),
        flags.join('\n') || 'no flag',
      ).to.equal(true);
      if (points !== undefined) expect(forged?.earned).to.equal(points);
    });

  it('of a copy and its original only the copy is flagged, where that can be told', async () => {
    const key = newKey();
    const friend = await contentOf('bob', { key });
    const copy = { ...structuredClone(friend), student: 'alice' };
    const { grades } = await judged([
      { content: copy, key },
      { content: friend, key },
    ]);
    expect(grades.map(({ flags }) => flags.length > 0)).to.deep.equal([true, false]);
  });

  it('hints are counted by the record, whatever is said beside', async () => {
    const { grades } = await judged([
      await alice({}, (content) => {
        content.hints = {};
      }),
    ]);
    expect(grades[0]?.hints).to.equal(1);
  });

  it('incidents that the record does not know count for nothing, whatever is said beside', async () => {
    const lab = labNamed(labs, '11');
    const made = await alice({}, (content) => {
      const kit = probeKey({ kind: 'kit', what: 'incidents', lab: '11' });
      const out = JSON.stringify({ made: ['training', 'voteless'], undone: [], tried: {} });
      content.asked = ['11'];
      content.facts.machines[HOST] = {
        ...{ state: 'answered', took: 0, identity: {} },
        answers: { [kit]: { code: 0, out } },
      };
      rechecked(content);
    });
    const { grades } = await judged([made], { lab });
    const first = grades[0]?.steps.find(({ id }) => id === '11.1');
    expect(first?.findings[0]).to.include({ outcome: 'failed' });
    expect(first?.findings[0]?.found?.en).to.equal('not yet');
  });

  it('the table is one of different flags, and each is one that an honest bundle does not have', async () => {
    const { grades } = await judged([await alice()]);
    expect(grades[0]?.flags).to.deep.equal([]);
    expect(FORGERIES.length).to.be.above(30);
    expect(anchorOf({ at: '', kind: 'start', what: '', before: '' })).to.match(/^[0-9a-f]{16}$/);
  });
});
