import { type Expectation, plain, seen } from '../../tasks/exercises/checks/expectation.ts';
import type { Vocabulary } from '../../tasks/exercises/checks/vocabulary/index.ts';
import { FIGURES, OUTS, RULES, SILENCES, silencesOf, TELLING } from './asked.ts';
import { episodesOf, MESSAGES } from './messages.ts';
import { asks, losses, rules, told } from './reader.ts';

/** Seconds for which a loss must last at least, and at most, before it is told. */
const WAIT = [20, 600] as const;
/** Seconds: a longer silence is none for a work. */
const SILENT = 4 * 3600;
/** Seconds after the end of a silence in which what it held back must not be told either. */
const AFTER = 5;

/** What must not be told was not: planned work, and what passes by itself. */
export function quiet(lab: Vocabulary): Expectation[] {
  const silenced = lab.that(
    {
      en: 'an alert of a machine fired in a silence for it, which says why, and nothing was told',
      fr: "une alerte d'une machine s'est levée pendant un silence pour elle, qui dit pourquoi, et rien n'a été annoncé",
    },
    asks(SILENCES, MESSAGES),
    (facts) => {
      const all = told(facts);
      const { out } = facts.answer('client', SILENCES);
      const good = silencesOf(out).filter(
        ({ from, until, machine, fired, commented }) =>
          fired > 0 &&
          commented &&
          until - from <= SILENT &&
          !all.some(
            (word) => word.begins && word.machine === machine && word.at >= from && word.at <= until + AFTER,
          ),
      );
      if (good.length > 0) return;
      throw lab.unmet(
        {
          en: 'a silence in which something fired',
          fr: "un silence pendant lequel quelque chose s'est levé",
        },
        seen(out),
        plain('lab ssh client -- amtool silence query --expired'),
      );
    },
  );

  const over = lab.that(
    { en: 'no silence is left behind', fr: "aucun silence n'a été oublié" },
    asks(SILENCES, TELLING),
    (facts) => {
      const { out } = facts.answer('client', SILENCES);
      const ready = /^ready /m.test(facts.answer('client', TELLING).out);
      if (ready && !silencesOf(out).some(({ active }) => active)) return;
      throw lab.unmet(plain('0'), seen(out), plain('lab ssh client -- amtool silence query'));
    },
  );

  const patient = lab.that(
    {
      en: `a lost redundancy is told once it has lasted ${WAIT[0]} s, and before ${WAIT[1]} s`,
      fr: `une redondance perdue est annoncée une fois qu'elle a duré ${WAIT[0]} s, et avant ${WAIT[1]} s`,
    },
    asks(RULES, FIGURES),
    (facts) => {
      const own = rules(facts).filter(({ name }) => losses(facts).includes(name));
      const wrong = own.filter(({ wait }) => wait < WAIT[0] || wait > WAIT[1]);
      if (own.length > 0 && wrong.length === 0) return;
      throw lab.unmet(
        plain(`for: ${WAIT[0]} … ${WAIT[1]} s`),
        plain(wrong.map(({ name, wait }) => `${name} ${wait} s`).join(', ') || '-'),
        plain('lab ssh client -- grep -n for: /etc/prometheus/rules.yml'),
      );
    },
  );

  const passing = lab.that(
    {
      en: 'a web machine was away for some seconds, Prometheus saw it, and nothing was told',
      fr: "une machine web s'est absentée quelques secondes, Prometheus l'a vu, et rien n'a été annoncé",
    },
    asks(OUTS, SILENCES, MESSAGES),
    (facts) => {
      const outs = Number(facts.answer('client', OUTS).out.trim() || 0);
      const announced = episodesOf(told(facts), 'WebMachineOut').length;
      const silent = silencesOf(facts.answer('client', SILENCES).out).filter(({ fired }) => fired > 0).length;
      if (outs > announced + silent) return;
      throw lab.unmet(
        { en: `more than ${announced + silent} times out`, fr: `plus de ${announced + silent} absences` },
        plain(String(outs)),
        plain(`lab ssh client -- ask 'ALERTS{alertname="WebMachineOut"}'`),
      );
    },
  );

  return [silenced, over, patient, passing];
}
