#!/usr/bin/env node
// Starts the task runner. A checkout whose sources are newer than dist/ (a git pull, an edit) is rebuilt first.
import { build, isStale } from './build.js';

if (isStale()) await build();
const { main } = await import('../dist/cli.js');
process.exitCode = await main(process.argv.slice(2));
