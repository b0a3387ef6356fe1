import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { packBundle } from '../../../tasks/exercises/grading/bundle.ts';
import type { BundleContent } from '../../../tasks/exercises/grading/content.ts';
import { scaleTopology } from '../../../tasks/topology/scale.ts';
import { contentOf, identityOf, newKey, note, rechecked, type Story, topology } from './facts.ts';

const AT = '2026-01-01T09:40:00.000Z';

export type HonestStory = Story & { content?: (content: BundleContent) => void };

/** What honest students do between two checks, and how their bundles differ; each of them by its name. */
export const STORIES: Record<string, HonestStory> = {
  'in one go': {},
  'twenty checks': {
    meanwhile: (history) => {
      for (let count = 0; count < 20; count += 1)
        note(history, { kind: 'check', what: '01.2', facts: String(count).repeat(32) }, AT);
    },
  },
  'a start that broke off and was repeated': {
    meanwhile: (history) => {
      note(history, { kind: 'save', what: 'work-01' }, AT);
      note(history, { kind: 'start', what: '01' }, AT);
    },
  },
  'lab 02 in between, and back with --resume': {
    meanwhile: (history) => {
      note(history, { kind: 'save', what: 'work-01' }, AT);
      note(history, { kind: 'start', what: '02' }, AT);
      note(history, { kind: 'solve', what: '02' }, AT);
      note(history, { kind: 'save', what: 'work-02' }, AT);
      note(history, { kind: 'restore', what: '01', from: 'work-01' }, AT);
    },
  },
  'a snapshot of his own work, brought back after a mistake': {
    meanwhile: (history) => {
      note(history, { kind: 'save', what: 'before-nftables' }, AT);
      note(history, { kind: 'snapshot', what: 'before-nftables' }, AT);
    },
  },
  'gave up once, and began again': {
    meanwhile: (history) => {
      note(history, { kind: 'solve', what: '01' }, AT);
      note(history, { kind: 'save', what: 'work-01' }, AT);
      note(history, { kind: 'start', what: '01' }, AT);
    },
  },
  'the whole stack before the lab': {
    meanwhile: (history) => {
      note(history, { kind: 'up', what: '', roles: ['client', 'lb', 'web', 'database'] }, AT);
      note(history, { kind: 'start', what: '01' }, AT);
    },
  },
  'a role again that the lab begins with': {
    meanwhile: (history) => note(history, { kind: 'apply', what: 'client', roles: ['client'] }, AT),
  },
  'faults made and undone': {
    meanwhile: (history) => {
      note(history, { kind: 'break', what: '01/web1-down' }, AT);
      note(history, { kind: 'undo', what: '01/web1-down' }, AT);
    },
  },
  'machines eight minutes ahead of the computer': {
    facts: ({ machines }) => {
      for (const { identity } of Object.values(machines)) identity.now = String(Number(identity.now) + 480);
    },
  },
  'a computer whose clock was put back by six minutes': {
    meanwhile: (history) => {
      note(history, { kind: 'check', what: '01', facts: 'a'.repeat(32) }, '2026-01-01T10:06:00.000Z');
      note(history, { kind: 'hint', what: '01.4 1' }, '2026-01-01T09:59:30.000Z');
    },
  },
  'scaled to four, and checked so': {
    content: (content) => {
      content.topology = scaleTopology(
        topology,
        readFileSync(topology.file, 'utf8'),
        4,
        topology.file,
      ).topology;
      for (const name of ['web3', 'web4']) {
        const identity = identityOf(name, content.student);
        content.facts.machines[name] = {
          ...{ state: 'answered', took: 10, answers: {} },
          identity: { ...identity, mark: '', record: '' },
        };
      }
      for (const [name, answer] of Object.entries(content.facts.machines.client?.answers ?? {}))
        if (name.includes('/root/inventory')) answer.out += 'web3 10.0.2.23\nweb4 10.0.2.24\n';
    },
  },
  'scaled and back before the lab': {
    meanwhile: (history) => {
      note(history, { kind: 'scale', what: 'web=3', roles: ['web', 'lb'] }, AT);
      note(history, { kind: 'scale', what: 'web=2', roles: ['web', 'lb'] }, AT);
      note(history, { kind: 'start', what: '01' }, AT);
    },
  },
  'a machine that was off at an earlier check, and remembers less': {
    facts: ({ machines }) => {
      const web2 = machines.web2;
      if (web2) web2.identity.record = web2.identity.record?.split(' ')[0] ?? '';
    },
  },
  'a database that is not made yet': {
    facts: ({ machines }) => {
      for (const { identity } of Object.values(machines))
        Object.assign(identity, { galera: '00000000-0000-0000-0000-000000000000', drbd: '0000000000000004' });
    },
  },
  'a bundle long after the last command': {
    meanwhile: (history) => note(history, { kind: 'hint', what: '01.1 1' }, '2026-01-01T09:31:00.000Z'),
  },
  'the power was cut in the middle, and the machines came back as they were on their disks': {
    facts: ({ machines }) => {
      for (const [name, { identity }] of Object.entries(machines)) {
        identity.boot = `second ${identity.boot}`;
        // What had not reached the disk yet.
        if (name.startsWith('web')) identity.record = identity.record?.split(' ')[0] ?? '';
      }
    },
  },
  'a return that was killed, and repeated': {
    meanwhile: (history) => {
      note(history, { kind: 'save', what: 'work-01' }, AT);
      note(history, { kind: 'snapshot', what: 'work-01' }, AT);
      note(history, { kind: 'snapshot', what: 'work-01' }, AT);
      note(history, { kind: 'restore', what: '01', from: 'work-01' }, AT);
    },
  },
  'machines nine minutes behind the computer': {
    facts: ({ machines }) => {
      for (const { identity } of Object.values(machines)) identity.now = String(Number(identity.now) - 540);
    },
  },
  'scaled and back with the whole stack, while the lab waited in a snapshot': {
    meanwhile: (history) => {
      note(history, { kind: 'save', what: 'work-01' }, AT);
      note(history, { kind: 'up', what: '', roles: ['client', 'lb', 'web'] }, AT);
      note(history, { kind: 'scale', what: 'web=3', roles: ['web', 'lb'] }, AT);
      note(history, { kind: 'scale', what: 'web=2', roles: ['web', 'lb'] }, AT);
      note(history, { kind: 'save', what: 'work-00' }, AT);
      note(history, { kind: 'restore', what: '01', from: 'work-01' }, AT);
    },
  },
};

/** The bundle of a student with this story. */
export async function honestBundle(
  student: string,
  story: HonestStory,
  key: KeyObject = newKey(),
): Promise<Buffer> {
  const content = await contentOf(student, { ...story, key });
  if (story.content) {
    story.content(content);
    rechecked(content);
  }
  return packBundle(content, key);
}
