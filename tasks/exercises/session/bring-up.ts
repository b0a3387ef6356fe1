import { LabError } from '../../base/errors.ts';
import type { LabsState } from '../state/state.ts';

/** What `lab up` was asked for, as far as it decides whether roles are applied. */
export interface UpWish {
  /** False with --no-provision. */
  provision: boolean;
  /** With --all-roles. */
  allRoles?: boolean;
  /** A role, with --until. */
  until?: string;
  /** With --timers. */
  timers?: string;
}

/**
 * What `lab up` does with the machines that it starts. `boot`: they come back as they were, no role is applied (`lab`: they are in that
 * one, NN). `roles`: roles are applied; where the machines are in a lab or on their way to one, they leave it first (`leaves`).
 */
export type BringUp = { way: 'boot'; lab?: string } | { way: 'roles'; leaves: boolean };

/**
 * Decides it. In a lab that was started the roles are what the student builds, so that they are applied only when they are asked for by
 * name. LabError for a wish that would apply them all the same, and where a lab's start or return broke off.
 */
export function bringUp({ current, moving }: LabsState, wish: UpWish): BringUp {
  if (!wish.provision) return { way: 'boot', ...(current === undefined ? {} : { lab: current }) };
  if (wish.allRoles || wish.until !== undefined)
    return { way: 'roles', leaves: current !== undefined || moving !== undefined };
  if (current !== undefined) {
    if (wish.timers !== undefined) throw timersInLab(current, wish.timers);
    return { way: 'boot', lab: current };
  }
  if (moving) throw brokenOff(moving);
  return { way: 'roles', leaves: false };
}

function timersInLab(lab: string, timers: string): LabError {
  return new LabError(
    {
      en: `The machines are in lab ${lab}: other timers come with the roles, which \`lab up\` does not apply there.`,
      fr: `Les machines sont dans le lab ${lab} : d'autres délais viennent avec les rôles, que \`lab up\` n'y applique pas.`,
    },
    {
      en: `\`lab up --all-roles --timers ${timers}\` saves your work and applies them; then begin the lab again with \`lab start ${lab}\`.`,
      fr: `\`lab up --all-roles --timers ${timers}\` sauvegarde votre travail et les applique ; recommencez ensuite le lab avec \`lab start ${lab}\`.`,
    },
  );
}

function brokenOff({ to, from, saved, mine }: NonNullable<LabsState['moving']>): LabError {
  const again =
    to === undefined || from?.startsWith('work-') === false
      ? `lab snapshot restore ${from}`
      : `lab start ${to}${from === undefined ? '' : ' --resume'}${mine ? ' --from-mine' : ''}`;
  const where =
    saved === undefined
      ? { en: '', fr: '' }
      : {
          en: ` (what they held before is in the snapshot ${saved})`,
          fr: ` (ce qu'elles contenaient avant est dans l'instantané ${saved})`,
        };
  return new LabError(
    {
      en: `\`${again}\` broke off: the machines are neither what they were nor what they should become.`,
      fr: `\`${again}\` a été interrompu : les machines ne sont ni ce qu'elles étaient, ni ce qu'elles doivent devenir.`,
    },
    {
      en: `repeat it with \`${again}\`${where.en}; \`lab up --all-roles\` makes the whole stack instead.`,
      fr: `relancez \`${again}\`${where.fr} ; \`lab up --all-roles\` construit toute la pile à la place.`,
    },
  );
}
