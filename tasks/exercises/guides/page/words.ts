import { say } from '../../../base/text.ts';

/** Words of the page around those of the guide. */
export const pageWords = () => ({
  lab: say({ en: 'Lab', fr: 'Lab' }),
  student: say({ en: 'Student:', fr: 'Étudiant :' }),
  contents: say({ en: 'Steps', fr: 'Étapes' }),
  pictures: say({ en: 'Overview', fr: "Vue d'ensemble" }),
  copy: say({ en: 'Copy', fr: 'Copier' }),
  copied: say({ en: 'Copied', fr: 'Copié' }),
  selected: say({
    en: 'Selected: copy it with the keyboard',
    fr: 'Sélectionné : copiez au clavier',
  }),
  print: say({ en: 'Print', fr: 'Imprimer' }),
  unfold: say({ en: 'Unfold everything', fr: 'Tout déplier' }),
  fold: say({ en: 'Fold everything', fr: 'Tout replier' }),
  hint: say({ en: 'Hint', fr: 'Indice' }),
  answers: say({ en: 'Answers', fr: 'Réponses' }),
  made: say({ en: 'Made by the high-availability lab kit', fr: 'Produit par le kit de haute disponibilité' }),
});
