import { languageOfRun, type Text } from '../../base/text.ts';
import { questionsAsked } from '../guides/asked.ts';
import type { LabGuide } from '../guides/model.ts';
import { answersIn } from '../state/answers.ts';
import { doneByKit, provenanceOf } from '../state/provenance.ts';
import type { LabsState } from '../state/state.ts';

/** What a student should know before he hands a bundle in: what the teacher will see in it and may ask about. */
export function notesOf({ student, history }: LabsState, labs: LabGuide[]): Text[] {
  const notes: Text[] = [];
  if (student === undefined)
    notes.push({
      en: 'It names no student: begin the lab with `lab start N --student ID`.',
      fr: "Aucun étudiant n'y est nommé : commencez le lab avec `lab start N --student IDENTIFIANT`.",
    });
  const provenance = provenanceOf(history);
  for (const { id, needs } of labs) {
    const begun = history.some(({ kind, what }) => kind === 'begin' && what === id);
    const done = doneByKit(provenance, id, needs.bare);
    if (needs.machines === 'none' ? !begun : provenance.lab === undefined && done.length === 0)
      notes.push({
        en: `Lab ${id} was not begun with \`lab start ${id}\`.`,
        fr: `Le lab ${id} n'a pas été commencé avec \`lab start ${id}\`.`,
      });
    if (done.length > 0 && needs.machines !== 'none')
      notes.push({
        en: `Lab ${id} is not your work alone, and your teacher will see it: ${done.map(({ en }) => en).join(', ')}. \`lab start ${id}\` begins anew.`,
        fr: `Le lab ${id} n'est pas votre seul travail, et l'enseignant le verra : ${done.map(({ fr }) => fr).join(', ')}. \`lab start ${id}\` recommence.`,
      });
  }
  return notes;
}

/** Questions of these labs that he has not answered, to be said before he hands a bundle in. */
export function openQuestions({ history }: Pick<LabsState, 'history'>, labs: LabGuide[]): Text[] {
  const answers = answersIn(history);
  return labs.flatMap((lab): Text[] => {
    const asked = questionsAsked(lab, languageOfRun());
    const open = asked.filter(({ id }) => !answers.has(id)).length;
    if (open === 0) return [];
    return [
      {
        en: `${open} of the ${asked.length} questions of lab ${lab.id} have no answer of yours: \`lab answer ${lab.id}\` lists them.`,
        fr: `${open} des ${asked.length} questions du lab ${lab.id} attendent votre réponse : \`lab answer ${lab.id}\` les liste.`,
      },
    ];
  });
}
