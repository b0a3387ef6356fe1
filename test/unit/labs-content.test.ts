import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { serversOf } from '../../labs/haproxy.ts';
import { ROOT } from '../../tasks/base/paths.ts';
import { type Block, compareGuides, parseGuide } from '../../tasks/exercises/guides/guide.ts';
import { readLabs } from '../../tasks/exercises/guides/load.ts';
import { fillIn, placeholders } from '../../tasks/exercises/guides/values.ts';
import { scriptOf } from '../../tasks/exercises/session/faults.ts';
import { loadTopology } from '../../tasks/topology/load.ts';

/** Folders that machines have when a lab starts: of Debian, and of the packages in the image. */
const THERE = [
  ...['/root', '/root/.ssh', '/usr/local/bin', '/usr/local/lib', '/usr/local/sbin', '/var/www/html'],
  ...['/etc/apache2/conf-available', '/etc/apache2/sites-available', '/etc/corosync', '/etc/default'],
  ...['/etc/drbd.d', '/etc/haproxy', '/etc/keepalived', '/etc/mysql/mariadb.conf.d', '/etc/nfs.conf.d'],
  ...['/etc/nftables.d', '/etc/php/8.4/fpm/pool.d', '/etc/prometheus', '/etc/redis', '/etc/systemd/system'],
];

/** The labs as they are shipped: what can be seen without a machine. */
describe('the content of the labs', () => {
  const list = readFileSync(join(ROOT, 'labs/README.md'), 'utf8');
  for (const lab of readLabs(ROOT)) {
    const text = (language: string) => readFileSync(join(lab.folder, `guide.${language}.md`), 'utf8');
    const guide = (language: string) => parseGuide(text(language), `${lab.name}/guide.${language}.md`);

    it(`${lab.name}: both languages have the same blocks`, () => {
      expect(compareGuides(guide('fr'), guide('en'))).to.deep.equal([]);
    });

    it(`${lab.name}: the steps are called alike in guide and lab.yaml`, () => {
      for (const language of ['fr', 'en'] as const) {
        const titles = lab.steps.map((step) => [step.number, step.title[language]] as const);
        expect([...guide(language).steps]).to.deep.equal(titles);
      }
    });

    it(`${lab.name}: both languages ask the same questions, under the same headings`, () => {
      const marks = (language: string) =>
        [...text(language).matchAll(/^(#+ |<details><summary>)/gm)].map(([mark]) => mark);
      expect(marks('fr')).to.deep.equal(marks('en'));
    });

    it(`${lab.name}: title, time and level are those of lab.yaml, in the guides and in the list of labs`, () => {
      const levels = { beginner: 'débutant', intermediate: 'intermédiaire', advanced: 'avancé' };
      expect(text('en')).to.match(new RegExp(`^# .*\n\nTime: ${lab.minutes} minutes. Level: ${lab.level}. `));
      expect(text('fr')).to.match(
        new RegExp(`^# .*\n\nDurée : ${lab.minutes} minutes. Niveau : ${levels[lab.level]}. `),
      );
      for (const language of ['en', 'fr'] as const)
        expect(text(language).startsWith(`# ${lab.title[language]}\n`), language).to.equal(true);
      expect(list).to.include(
        `| [${lab.id} ${lab.title.en}](${lab.name}/guide.en.md) | [français](${lab.name}/guide.fr.md) | ${lab.minutes} | ${lab.level} |\n`,
      );
    });

    it(`${lab.name}: every placeholder has a value, every script is there`, async () => {
      const topology = await loadTopology('seven', ROOT);
      const facts = { nic: 'eth1', disk: '/dev/vdb', host: 'lab.test', student: 'alice' };
      const values = placeholders(lab, topology, facts);
      const hints = lab.steps.flatMap((step) => step.hints.flatMap((hint) => [hint.fr, hint.en]));
      const scripts = Object.values(lab.faults).flatMap((fault) =>
        [fault.run, fault.undo, fault.felt, fault.healed].map((entry) => scriptOf(lab, entry ?? '')),
      );
      for (const name of [text('fr'), text('en'), ...hints, ...scripts]) fillIn(name, values);
    });

    it(`${lab.name}: each step has hints in levels and a fault that breaks it`, () => {
      for (const step of lab.steps) {
        expect(step.hints, step.id).to.have.lengthOf.at.least(3);
        const breaking = Object.values(lab.faults).filter((fault) => fault.breaks.includes(step.number));
        expect(breaking, step.id).to.have.lengthOf.at.least(1);
      }
    });

    it(`${lab.name}: what a block waits for ends it when it fails`, () => {
      expect(unheeded(guide('fr').blocks)).to.deep.equal([]);
    });

    it(`${lab.name}: a file is written into a folder that is there, or that an earlier block makes`, () => {
      const made = new Map<string, string[]>();
      for (const block of guide('fr').blocks)
        for (const machine of block.on) {
          const folders = made.get(machine) ?? [];
          made.set(machine, folders);
          if (block.kind === 'run')
            for (const [, paths = ''] of block.text.matchAll(/^mkdir -p (.+)$/gm))
              folders.push(...paths.split(' '));
          const folder = block.path === undefined ? undefined : dirname(block.path);
          if (folder !== undefined && !THERE.includes(folder))
            expect(folders, `${block.path} on ${machine}, line ${block.line}`).to.include(folder);
        }
    });

    it(`${lab.name}: no command is ended by the one that reads what it prints`, () => {
      const early = guide('fr').blocks.filter(({ kind, text }) => kind === 'run' && /\| *head\b/.test(text));
      expect(early.map(({ line, text }) => `line ${line}: ${text}`)).to.deep.equal([]);
    });

    it(`${lab.name}: no answer waits for a figure`, () => {
      expect(text('fr') + text('en')).to.not.match(/@@[A-Z]+@@|TODO/);
    });
  }

  it('reads the servers of HAProxy', () => {
    const csv = [
      '# pxname,svname,status,check_status,addr,',
      'web,FRONTEND,OPEN,,,',
      'web,web1,UP,L7OK,10.0.2.21:80,',
      'web,web2,DOWN,* L4TOUT,10.0.2.22:80,',
      'web,BACKEND,UP,,,',
    ].join('\n');
    expect(serversOf(csv)).to.deep.equal([
      { name: 'web1', address: '10.0.2.21:80', status: 'UP', check: 'L7OK' },
      { name: 'web2', address: '10.0.2.22:80', status: 'DOWN', check: '* L4TOUT' },
    ]);
  });
});

/**
 * Blocks that are repeated until they succeed and have a list `a && b` in their midst: under `bash -e` a failing `a`
 * does not end them, what follows decides, and they are not repeated. Such commands stand on lines of their own, or the
 * list goes on to the end of the block.
 */
function unheeded(blocks: Block[]): string[] {
  const list = /&&[^\n|]*\n(?!$)/;
  return blocks
    .filter((block) => block.until !== undefined)
    .map((block) => ({ line: block.line, text: block.text.replace(/(&&|\|\||[|\\])\n/g, '$1 ') }))
    .filter(({ text }) => list.test(text))
    .map(({ line, text }) => `line ${line}: ${text}`);
}
