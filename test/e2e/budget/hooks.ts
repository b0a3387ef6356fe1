/**
 * Mocha's root hooks: what would not end within LAB_TEST_MINUTES is left out before it begins, and named at the end. With
 * LAB_TEST_RECORD=1 the durations become the new costs.json: for a whole run on a quiet computer.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context, RootHookObject, Suite, Test } from 'mocha';
import { plannedOf } from './parts.ts';
import {
  budgetEnd,
  type Costs,
  costOf,
  fits,
  leftOutText,
  type Planned,
  recorded,
  slowness,
  type Taken,
} from './plan.ts';

const FILE = process.env.LAB_TEST_COSTS ?? join(import.meta.dirname, '..', 'costs.json');
const costs = JSON.parse(readFileSync(FILE, 'utf8')) as Costs;
const clock = () => Date.now() / 1000;
const end = budgetEnd(process.env.LAB_TEST_MINUTES, process.env.LAB_TEST_STARTED, clock());
const taken: Taken[] = [];
const leftOut: Planned[] = [];
let began = clock();

const minutes = (seconds: number) => `${Math.round(seconds / 60)} min`;
const testsOf = (suite: Suite): Test[] => [...suite.tests, ...suite.suites.flatMap(testsOf)];
const left = () => (end === undefined ? undefined : end - clock());

export const mochaHooks: RootHookObject = {
  beforeAll(this: Context) {
    const root = this.test?.parent;
    const room = left();
    if (room === undefined) return;
    const all = root
      ? testsOf(root)
          .filter((test) => !test.isPending())
          .map(plannedOf)
      : [];
    const quiet = all.reduce((sum, test) => sum + costOf(costs, test), 0);
    console.error(
      `Time: ${minutes(Math.max(0, room))} are left for ${all.length} tests; on a quiet computer they take ${minutes(quiet)}.`,
    );
  },

  beforeEach(this: Context) {
    const { currentTest } = this;
    if (!currentTest) return;
    const test = plannedOf(currentTest);
    const { tests = [] } = currentTest.parent ?? {};
    const next = tests[tests.indexOf(currentTest) + 1];
    if (!fits(test, next && plannedOf(next), { costs, taken, leftOut, left: left() })) {
      leftOut.push(test);
      this.skip();
    }
    began = clock();
  },

  afterEach(this: Context) {
    const { currentTest } = this;
    if (!currentTest?.isPassed()) return;
    taken.push({ ...plannedOf(currentTest), seconds: clock() - began });
    if (taken.length === 1 && end !== undefined)
      console.error(
        `      this hour takes ${slowness(costs, taken).toFixed(1)} times as long as a quiet one`,
      );
  },

  afterAll() {
    process.stderr.write(leftOutText(leftOut));
    if (process.env.LAB_TEST_RECORD)
      writeFileSync(FILE, `${JSON.stringify(recorded(costs, taken), null, 2)}\n`);
  },
};
