import { expect } from 'chai';
import { journalCommand } from '../../tasks/inspect/journal/collect.ts';
import { eventOf, eventsOf, parseJournal } from '../../tasks/inspect/journal/parse.ts';
import { IDENTIFIERS } from '../../tasks/inspect/journal/rules.ts';
import { LINES } from './journal/lines.ts';

/** A machine's answer: its clock (s), running time (s), boot, entries. */
function answer(clock: number, uptime: number, entries: object[], boot = 'aaaa-bbbb'): string {
  return [
    `${clock.toFixed(9)}`,
    `${uptime} 1.00`,
    boot,
    ...entries.map((entry) => JSON.stringify(entry)),
    '{"broken',
    '',
  ].join('\n');
}

/** A journal's entry: times in seconds. */
const entry = (wall: number, since: number, message: unknown, boot = 'aaaabbbb') => ({
  ...{ __REALTIME_TIMESTAMP: String(wall * 1e6), __MONOTONIC_TIMESTAMP: String(since * 1e6) },
  ...{ _BOOT_ID: boot, SYSLOG_IDENTIFIER: 'systemd', MESSAGE: message },
});

const NOW = 1_700_000_000;
const asked = (seconds: number, way = 0.2) => ({ sent: seconds * 1000, received: (seconds + way) * 1000 });

describe('journal: when something was said', () => {
  it('clocks that agree as far as can be known are taken as they are', () => {
    const [line] = parseJournal(answer(NOW + 0.05, 100, [entry(NOW - 10, 90, 'x')]), asked(NOW)) ?? [];
    expect(line).to.deep.equal({ at: (NOW - 10) * 1000, identifier: 'systemd', message: 'x' });
  });

  it('a clock that is ahead is put right', () => {
    const [line] = parseJournal(answer(NOW + 60, 100, [entry(NOW + 50, 90, 'x')]), asked(NOW)) ?? [];
    expect(line?.at).to.be.closeTo((NOW - 10) * 1000, 200);
  });

  it('a line that was written while the clock was an hour ahead is placed by the running time', () => {
    const lines = parseJournal(
      answer(NOW, 100, [entry(NOW - 20, 80, 'before'), entry(NOW + 3590, 90, 'meanwhile')]),
      asked(NOW),
    );
    expect(lines?.map(({ at }) => at / 1000 - NOW)).to.deep.equal([-20, -10]);
  });

  it('a line of the boot before has no running time to compare with', () => {
    const lines = parseJournal(answer(NOW, 5, [entry(NOW - 60, 900, 'last words', 'cccc')]), asked(NOW));
    expect(lines?.map(({ at }) => at / 1000 - NOW)).to.deep.equal([-60]);
  });

  it('bytes are read as text; what broke off is left out; no answer is no journal', () => {
    const lines = parseJournal(answer(NOW, 5, [entry(NOW, 5, [...Buffer.from('é')])]), asked(NOW));
    expect(lines?.map(({ message }) => message)).to.deep.equal(['é']);
    for (const nothing of ['', 'bash: date: not found\n', 'Connection closed'])
      expect(parseJournal(nothing, asked(NOW)), nothing).to.equal(undefined);
  });

  it('the collector asks for every program that the rules know', () => {
    const command = journalCommand(61.2);
    for (const name of IDENTIFIERS) expect(command).to.include(`-t '${name}'`);
    expect(command).to.include('--since=-62s').and.not.include('--until');
  });
});

describe('journal: what was said', () => {
  for (const { identifier, message, what, text } of LINES) {
    it(`${identifier}: ${message.slice(0, 70)}`, () => {
      const event = eventOf({ at: 1, identifier, message });
      expect(event && { what: event.what, text: event.text }).to.deep.equal(what && { what, text });
    });
  }

  it('events are in order; what several programs repeat at once is told once', () => {
    const lines = [300, 100, 1000].map((at) => ({
      ...{ at, identifier: 'Keepalived_vrrp', message: '(front) Entering MASTER STATE' },
    }));
    expect(eventsOf(lines).map(({ at }) => at)).to.deep.equal([100, 1000]);
  });
});
