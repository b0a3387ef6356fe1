import { basename } from 'node:path';
import { ROOT } from '../../../base/paths.ts';
import type { Text } from '../../../base/text.ts';
import { givenDossier, type WrittenDossier } from '../../dossier/exercise.ts';
import type { Topic } from '../../dossier/finding.ts';
import { findingsOf } from '../../dossier/findings.ts';
import { understand } from '../../dossier/read.ts';
import { type Expectation, type FactsView, plain, Unmet } from '../expectation.ts';
import { HOST, type Probe } from '../probe.ts';

const TITLES: Record<Topic, Text> = {
  given: {
    en: 'the single points of failure of the given drawing are named',
    fr: 'les points de défaillance uniques du schéma donné sont nommés',
  },
  elements: {
    en: 'every element has its place, and all four concerns are covered',
    fr: 'chaque élément a sa place, et les quatre points sont couverts',
  },
  losses: {
    en: 'no loss of a single element takes the service with it',
    fr: "la perte d'un seul élément n'emporte jamais le service",
  },
  noticing: {
    en: 'each loss is noticed, and has a predicted outage',
    fr: 'chaque perte est remarquée, et son interruption est prédite',
  },
  growth: {
    en: 'more load asks for more machines, not for another architecture',
    fr: 'plus de charge demande plus de machines, pas une autre architecture',
  },
};

const WHOLE: Text = { en: 'nothing of it missing in the dossier', fr: "rien n'en manque dans le dossier" };

/** How many findings are told at once. */
const TOLD = 2;

/** The student's dossier.yaml, held against the exercise. */
export class DossierFile {
  constructor(private readonly lab: string) {}

  private readonly probe = (): Probe => ({ kind: 'kit', what: 'dossier', lab: this.lab });

  private read(facts: FactsView): WrittenDossier {
    return JSON.parse(facts.answer(HOST, this.probe()).out) as WrittenDossier;
  }

  /** Nothing is missing of a topic. */
  satisfies(topic: Topic): Expectation {
    const title = TITLES[topic];
    return {
      title,
      needs: [{ machine: HOST, probe: this.probe() }],
      judge: (facts) => {
        const { file, text } = this.read(facts);
        if (text === null)
          throw new Unmet(
            WHOLE,
            { en: `no file ${file}`, fr: `pas de fichier ${file}` },
            plain('npx lab dossier init'),
          );
        const read = understand(text, file);
        const found = Array.isArray(read)
          ? read.map((problem) => ({ line: problem.line, text: problem.text }))
          : findingsOf(read.dossier, givenDossier(ROOT))
              .filter((finding) => finding.topic === topic)
              .map(({ at, text }) => ({ line: read.lineOf(at), text }));
        if (found.length === 0) return;
        const more = found.length > TOLD ? ' …' : '';
        // French has a space before these marks.
        const told = (language: keyof Text, space: string) =>
          found
            .slice(0, TOLD)
            .map(({ line, text }) => `${basename(file)}:${line}${space}: ${text[language]}`)
            .join(`${space}; `) + more;
        throw new Unmet(WHOLE, { en: told('en', ''), fr: told('fr', ' ') }, plain('npx lab dossier check'));
      },
    };
  }
}
