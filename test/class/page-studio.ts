// The page of a stub lab, served as a lab's own is (page-lab.sh). Usage: page-studio.ts SOCKET WHO
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe } from '../../tasks/architecture/describe.ts';
import { machinesPlaces } from '../../tasks/architecture/machines.ts';
import { tokenFile } from '../../tasks/class/front/bridge.ts';
import { LAB_HOST } from '../../tasks/class/front/proxy.ts';
import { readRoles } from '../../tasks/roles/roles.ts';
import { Feed } from '../../tasks/studio/feed.ts';
import { startStudio } from '../../tasks/studio/server.ts';
import { LabShells } from '../../tasks/studio/shells.ts';
import { useFile } from '../../tasks/studio/used.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import { fakeActs } from '../unit/studio/acts.ts';
import { atRest } from '../unit/studio/made.ts';

const [socket = '', who = ''] = process.argv.slice(2);
const root = join(import.meta.dirname, '../..');
const token = `stub-token-of-${who}-0123456789`;
const lab = describe(await loadTopology('seven', root), readRoles(root));
const places = (language: 'en' | 'fr') => machinesPlaces(lab, language, 'wide', 44);
const feed = new Feed(async () => ({ en: places('en'), fr: places('fr') }));
const used = useFile(socket);
const shells = new LabShells(
  async (machine) => ({
    start: (command) => [
      'script',
      '--quiet',
      '--flush',
      '--return',
      '--command',
      `export SHELL=/bin/sh WHO=${who} ON=${machine}; ${command}`,
      '/dev/null',
    ],
    run: async () => undefined,
  }),
  (open) => feed.keep({ kind: 'shells', shells: open }),
  used,
);
await startStudio(
  feed,
  { html: '', script: '', style: '', terminal: '' },
  { socket, host: LAB_HOST, token },
  fakeActs(),
  {
    shells,
    used,
  },
);
for (const event of atRest())
  await feed.event(event.what === 'plan' ? { ...event, plan: { ...event.plan, lab: who } } : event);
writeFileSync(tokenFile(socket), token, { mode: 0o600 });
// With its lab, which leaves nothing behind.
setInterval(() => {
  if (existsSync(dirname(socket))) return;
  shells.end();
  process.exit();
}, 500);
