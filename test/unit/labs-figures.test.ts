import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { ROOT } from '../../tasks/base/paths.ts';

/** Figures that guides quote of the kit: each is where it comes from, and in both languages. */
describe('the figures in the guides', () => {
  const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
  const timers = parse(read('roles/timers.yaml')) as Record<string, Record<string, { value: number }>>;
  const timer = (name: string) => {
    const [section = '', key = ''] = name.split('.');
    return timers[section]?.[key]?.value ?? Number.NaN;
  };
  const guides = (lab: string) =>
    [
      read(`labs/${lab}/guide.en.md`),
      read(`labs/${lab}/guide.fr.md`).replace(/(\d),(\d)/g, '$1.$2'),
    ] as const;
  /** English and French must have it; white space may be a line's end. */
  const says = (lab: string, en: string, fr = en) => {
    const flat = (text: string) => text.replace(/\s+/g, ' ');
    const [english, french] = guides(lab);
    expect(flat(english)).to.include(en);
    expect(flat(french)).to.include(fr);
  };

  it('05: how much a database remembers for those that come back', () => {
    const size = /gcache\.size=(\d+)M;/.exec(read('roles/database/templates/lab.cnf.ejs'))?.[1];
    says('05-galera', `\`gcache.size\`; ${size} MiB`, `\`gcache.size\` ; ${size} Mio`);
  });

  it('08: how long a session is locked', () => {
    const seconds = timer('php.session_lock');
    says(
      '08-sessions',
      `for ${seconds} s at most (\`session_lock\``,
      `pour ${seconds} s au plus (\`session_lock\``,
    );
  });

  it('09: the timers that predictions are made of', () => {
    const lines = [
      `priority ${timer('vrrp.priority')} priority ${timer('vrrp.priority') - timer('vrrp.priority_step')} advert_int ${timer('vrrp.advert_interval')}`,
      `evs.suspect_timeout = PT${timer('galera.suspect')}S evs.inactive_check_period = PT${timer('galera.check')}S evs.join_retrans_period = PT${timer('galera.join_again')}S`,
      `token (u32) = ${timer('storage.token')} runtime.config.totem.consensus (u32) = ${timer('storage.consensus')} power-switch-db2 watchdog ${timer('storage.self_fence_wait')}s`,
    ];
    for (const line of lines) says('09-failures', line);
    const [decide, watchdog] = [
      timer('storage.quorum_device_sync_timeout') / 1000,
      timer('storage.watchdog'),
    ];
    says('09-failures', `after ${decide} s at the latest`, `au bout de ${decide} s au plus tard`);
    says(
      '09-failures',
      `takes ${watchdog} s more. That is ${decide + watchdog} s`,
      `met ${watchdog} s de plus. Cela fait ${decide + watchdog} s`,
    );
    const rest = (timer('storage.self_fence_wait') - decide - watchdog).toFixed(1);
    says(
      '09-failures',
      `the ${rest} s to the ${timer('storage.self_fence_wait')}`,
      `les ${rest} s qui restent`,
    );
  });

  it('10: what the authors measured, as docs/load.md has it', () => {
    const rows = [...read('docs/load.md').matchAll(/^\| ([123]) \| (\d+)\/s \|/gm)].map(([, , rate]) => rate);
    const [one, two, three, free, freeTwo, freeThree] = rows;
    expect(rows).to.have.length(6);
    says(
      '10-scaling',
      `${one}, ${two} and ${three} requests a second`,
      `${one}, ${two} et ${three} requêtes par seconde`,
    );
    says(
      '10-scaling',
      `one web machine sustained ${free} requests a second, two ${freeTwo}, and three ${freeThree}`,
      `une machine web tenait ${free} requêtes par seconde, deux en tenaient ${freeTwo}, et trois ${freeThree}`,
    );
    says(
      '10-scaling',
      `(${timer('haproxy.connections_per_server')} at a time, ${timer('haproxy.queue')} s of waiting)`,
      `(${timer('haproxy.connections_per_server')} à la fois, ${timer('haproxy.queue')} s d'attente)`,
    );
  });
});
