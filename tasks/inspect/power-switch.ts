import type { Text } from '../base/text.ts';
import type { PowerSwitchState } from '../engines/engine.ts';

/** What is wrong with the power switch, a short sentence each. */
export function powerSwitchProblems({ works, off }: PowerSwitchState): Text[] {
  return [
    ...(works ? [] : [{ en: 'the power switch is broken', fr: 'la prise commandée est en panne' }]),
    ...off.map((name) => ({
      en: `the power switch keeps ${name} without power`,
      fr: `la prise commandée laisse ${name} sans courant`,
    })),
  ];
}

/** The power switch in one line. */
export function powerSwitchText(state: PowerSwitchState): Text {
  const problems = powerSwitchProblems(state);
  if (problems.length === 0)
    return {
      en: 'Power switch: works, for the storage machines to cut each other off',
      fr: "Prise commandée : fonctionne, pour que les machines de stockage puissent se couper l'une l'autre",
    };
  return {
    en: `Power switch: ${problems.map(({ en }) => en).join('; ')}`,
    fr: `Prise commandée : ${problems.map(({ fr }) => fr).join(' ; ')}`,
  };
}
