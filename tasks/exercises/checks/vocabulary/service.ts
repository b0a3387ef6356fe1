import type { Text } from '../../../base/text.ts';
import { type Expectation, expectation, plain, Unmet } from '../expectation.ts';
import type { Answer } from '../probe.ts';

/** Properties of a unit as systemctl prints them. */
export function unitProperties(answer: Answer): Map<string, string> {
  return new Map(
    answer.out
      .split('\n')
      .map((line) => line.split(/=(.*)/s) as [string, string | undefined])
      .flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}

/** A systemd unit; `apache2` means apache2.service. */
export class Service {
  constructor(
    private readonly machine: string,
    private readonly unit: string,
  ) {}

  isRunning(): Expectation {
    return this.property('ActiveState', ['active', 'activating', 'reloading'], ['active'], {
      en: `${this.unit} runs on ${this.machine}`,
      fr: `${this.unit} tourne sur ${this.machine}`,
    });
  }

  isStopped(): Expectation {
    return this.property('ActiveState', [], ['inactive', 'failed'], {
      en: `${this.unit} does not run on ${this.machine}`,
      fr: `${this.unit} ne tourne pas sur ${this.machine}`,
    });
  }

  /** It starts with the machine. */
  isEnabled(): Expectation {
    return this.property(
      'UnitFileState',
      [],
      ['enabled', 'enabled-runtime', 'static', 'generated', 'alias', 'indirect'],
      {
        en: `${this.unit} starts with ${this.machine}`,
        fr: `${this.unit} démarre avec ${this.machine}`,
      },
    );
  }

  isDisabled(): Expectation {
    return this.property('UnitFileState', [], ['disabled', 'masked', ''], {
      en: `${this.unit} does not start with ${this.machine}`,
      fr: `${this.unit} ne démarre pas avec ${this.machine}`,
    });
  }

  private property(name: string, passing: string[], good: string[], title: Text): Expectation {
    return expectation(title, this.machine, { kind: 'unit', name: this.unit }, (answer) => {
      const properties = unitProperties(answer);
      const value = properties.get(name);
      const look = {
        en: `lab ssh ${this.machine} -- systemctl status ${this.unit}`,
        fr: `lab ssh ${this.machine} -- systemctl status ${this.unit}`,
      };
      if (value === undefined || properties.get('LoadState') === undefined)
        throw new Unmet(
          plain(`${name}=${good[0]}`),
          {
            en: `systemd of ${this.machine} gave no usable answer`,
            fr: `systemd de ${this.machine} n'a pas donné de réponse utilisable`,
          },
          look,
        );
      if (good.includes(value)) return;
      if (properties.get('LoadState') === 'not-found' && !good.includes('inactive') && value !== 'active')
        throw new Unmet(
          plain(`${this.unit} ${good[0]}`),
          {
            en: `${this.machine} has no unit ${this.unit}`,
            fr: `${this.machine} n'a pas d'unité ${this.unit}`,
          },
          look,
        );
      throw new Unmet(
        plain(`${this.unit} ${good.filter(Boolean).join(' / ')}`),
        plain(`${value || '-'}${passing.includes(value) ? ` (${properties.get('SubState')})` : ''}`),
        look,
      );
    });
  }
}
