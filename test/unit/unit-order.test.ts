import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'chai';

const roles = join(import.meta.dirname, '../../roles');

/** Units whose files in roles/ do not have their name. */
const NAMES: Record<string, string> = {
  'session/templates/unit.conf.ejs': 'redis-server',
  'sentinel/templates/unit.conf.ejs': 'redis-sentinel',
  'web/templates/apache-unit.conf.ejs': 'apache2',
  'storage/files/before-pacemaker.conf': 'nfs-server',
};

/** What the lab says of the order of units: [earlier, later]. */
function orders(texts: { unit: string; text: string }[]): [string, string][] {
  return texts.flatMap(({ unit, text }) =>
    [...text.matchAll(/^(Before|After)=(.+)$/gm)].flatMap(([, when, names = '']) =>
      names
        .split(/\s+/)
        .filter((name) => name.endsWith('.service') || name.endsWith('.socket'))
        .map((name): [string, string] => {
          const other = name.replace(/\.service$/, '');
          return when === 'Before' ? [unit, other] : [other, unit];
        }),
    ),
  );
}

/** A circle in the order, if there is one. */
function circle(all: [string, string][]): string[] | undefined {
  const visit = (unit: string, path: string[]): string[] | undefined => {
    if (path.includes(unit)) return [...path.slice(path.indexOf(unit)), unit];
    for (const [earlier, later] of all) {
      const found = earlier === unit ? visit(later, [...path, unit]) : undefined;
      if (found) return found;
    }
    return undefined;
  };
  for (const [unit] of all) {
    const found = visit(unit, []);
    if (found) return found;
  }
  return undefined;
}

describe('the order of systemd units', () => {
  const files = readdirSync(roles, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.(service|conf)(\.ejs)?$/.test(file),
  );
  const units = files
    .map((file) => ({ file, text: readFileSync(join(roles, file), 'utf8') }))
    .filter(({ text }) => text.includes('[Unit]'))
    .map(({ file, text }) => ({
      unit: NAMES[file] ?? basename(file).replace(/(-unit)?\.(service|conf)(\.ejs)?$/, ''),
      text,
    }));

  it('is known for what the roles say', () => {
    const names = units.map(({ unit }) => unit);
    expect(names).to.include.members(['keepalived', 'sees-web', 'haproxy', 'mariadb', 'storage-watch']);
  });

  it('has no circle: systemd would leave one of its units out at a start', () => {
    expect(circle(orders(units))).to.equal(undefined);
  });

  it('a circle would be seen', () => {
    const text = 'After=haproxy.service\nBefore=keepalived.service\n';
    const found = circle(orders([...units, { unit: 'sees-web', text }]));
    expect(found).to.include.members(['sees-web', 'keepalived', 'haproxy']);
  });
});
