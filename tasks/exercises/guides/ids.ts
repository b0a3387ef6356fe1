/**
 * The number of a lab, as folders, files and messages have it: two digits, and a letter where a lab was put between two others, so that
 * those keep theirs: 07, 07b, 08. As texts they are in the order of the course.
 */
const ID = '\\d\\d[b-z]?';
/** The same as people write it: without the zero, in either case. */
const WISH = '\\d{1,2}[b-zB-Z]?';

export const LAB_ID = new RegExp(`^${ID}$`);
/** A step of a lab: NN.S. */
export const STEP_ID = new RegExp(`^${ID}\\.\\d{1,2}$`);
/** Name of a lab's folder: NN-name. */
export const LAB_FOLDER = new RegExp(`^(${ID})-[a-z][a-z0-9-]*$`);
/** Name of a snapshot with work that was saved in a lab: work-NN, then work-NN-2 and so on. */
export const WORK_NAME = new RegExp(`^work-(${ID})(?:-(\\d+))?$`);
/** A hint that was read, in a record: NN.S LEVEL. */
export const HINT_READ = new RegExp(`^(${ID}\\.\\d+) (\\d+)$`);
/** N, and N or N.S, as a user writes them. */
export const LAB_WISH = new RegExp(`^${WISH}$`);
export const STEP_WISH = new RegExp(`^${WISH}(\\.\\d{1,2})?$`);

/** The number of the lab that a user means by 7, 07 or 7b; undefined for what is none. */
export const labIdOf = (wish: string): string | undefined =>
  LAB_WISH.test(wish) ? wish.toLowerCase().replace(/^\d(?!\d)/, '0$&') : undefined;

/** The lab that NN, NN.S, NN/FAULT or the name of its folder is of; undefined for what begins with none. */
export const labIn = (text: string): string | undefined => new RegExp(`^(${ID})(?![a-z0-9])`).exec(text)?.[1];
