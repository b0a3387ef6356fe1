import { type Expectation, plain, seen } from '../../tasks/exercises/checks/expectation.ts';
import type { Vocabulary } from '../../tasks/exercises/checks/vocabulary/index.ts';
import { FIGURES, RULES, TELLING } from './asked.ts';
import { episodesOf, MESSAGES, toldAlone } from './messages.ts';
import { asks, LOOK, losses, rules, tickets, told } from './reader.ts';

/** Each loss of redundancy has a rule, was told, and its end was. */
export function silentLosses(lab: Vocabulary): Expectation[] {
  const telling = lab.that(
    {
      en: 'Prometheus tells an Alertmanager, which is ready',
      fr: 'Prometheus prévient un Alertmanager, qui est prêt',
    },
    asks(TELLING),
    (facts) => {
      const { out } = facts.answer('client', TELLING);
      if (/^alertmanagers [1-9]/m.test(out) && /^ready (ready|disabled)$/m.test(out)) return;
      throw lab.unmet(
        plain('alertmanagers 1, ready'),
        seen(out),
        plain('lab ssh client -- amtool cluster show'),
      );
    },
  );

  const watched = lab.that(
    { en: 'there is a rule for each silent loss', fr: 'il y a une règle pour chaque perte silencieuse' },
    asks(RULES, FIGURES),
    (facts) => {
      const all = rules(facts);
      const missing = losses(facts).filter((name) => !all.some((rule) => rule.name === name && rule.healthy));
      if (missing.length === 0) return;
      throw lab.unmet(
        plain(losses(facts).join(', ')),
        { en: `missing: ${missing.join(', ')}`, fr: `il manque : ${missing.join(', ')}` },
        plain('lab ssh client -- promtool check rules /etc/prometheus/rules.yml'),
      );
    },
  );

  const tried = lab.that(
    {
      en: 'each silent loss was told once, and its end',
      fr: 'chaque perte silencieuse a été annoncée une fois, et sa fin aussi',
    },
    asks(MESSAGES, FIGURES),
    (facts) => {
      const all = told(facts);
      const missing = losses(facts).filter((name) => episodesOf(all, name).length === 0);
      if (missing.length === 0) return;
      throw lab.unmet(
        plain(losses(facts).join(', ')),
        { en: `not told: ${missing.join(', ')}`, fr: `pas annoncées : ${missing.join(', ')}` },
        LOOK,
      );
    },
  );

  const own = lab.that(
    { en: 'the messages come from your room', fr: 'les messages viennent de votre salle' },
    asks(MESSAGES),
    (facts) => {
      const rooms = [...new Set(told(facts).map(({ room }) => room))];
      if (rooms.length === 1 && rooms[0] === lab.vary('room')) return;
      throw lab.unmet(plain(lab.vary('room')), plain(rooms.join(', ') || '-'), LOOK);
    },
  );
  return [telling, watched, tried, ...lab.own(own)];
}

/** A lost machine is one message; the end of the service is another kind of message. */
export function fewMessages(lab: Vocabulary): Expectation[] {
  const inhibits = lab.that(
    {
      en: 'Alertmanager holds back what follows from something else',
      fr: "Alertmanager retient ce qui découle d'autre chose",
    },
    asks(TELLING),
    (facts) => {
      const { out } = facts.answer('client', TELLING);
      if (/^inhibitions [1-9]/m.test(out)) return;
      throw lab.unmet(plain('inhibit_rules'), seen(out), plain('lab ssh client -- amtool config show'));
    },
  );

  const alone = lab.that(
    {
      en: 'the loss of a machine was told by one message, without what follows from it, and its end',
      fr: "la perte d'une machine a été annoncée par un seul message, sans ce qui en découle, et sa fin aussi",
    },
    asks(MESSAGES),
    (facts) => {
      const all = told(facts);
      if (toldAlone(all, 'MachineSilent').length > 0) return;
      throw lab.unmet(
        plain('+MachineSilent@…, -MachineSilent@…'),
        plain(episodesOf(all, 'MachineSilent').length > 0 ? '+MachineSilent@… +…' : '-'),
        LOOK,
      );
    },
  );

  const called = lab.that(
    {
      en: 'the end of the service goes another way than a lost copy',
      fr: "la fin du service prend un autre chemin que la perte d'une copie",
    },
    asks(MESSAGES),
    (facts) => {
      const all = told(facts);
      const ways = new Set(tickets(all).map(({ to }) => to));
      if (episodesOf(all, 'ServiceDown').some(({ to }) => !ways.has(to))) return;
      throw lab.unmet(
        plain('page +ServiceDown@, page -ServiceDown@'),
        plain(
          episodesOf(all, 'ServiceDown')
            .map(({ to }) => to)
            .join(', ') || '-',
        ),
        LOOK,
      );
    },
  );

  return [inhibits, alone, called];
}
