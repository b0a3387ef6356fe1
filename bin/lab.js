#!/usr/bin/env node
// Starts the task runner. A checkout whose sources are newer than what was built of them (a git pull, an edit) is built first.
import { build, entry, isStale } from './build.js';

if (isStale()) await build();
const { main } = await import(entry());
process.exitCode = await main(process.argv.slice(2));
