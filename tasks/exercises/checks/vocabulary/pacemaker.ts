import { type Expectation, expectation, plain, seen, Unmet } from '../expectation.ts';
import type { Answer, Probe } from '../probe.ts';

/** All options in one question: each one alone would be a program of its own. */
const OPTIONS: Probe = { kind: 'command', command: 'cibadmin --query --scope crm_config', timeout: 8 };

/** A Pacemaker cluster, as one of its members sees it. */
export class Cluster {
  /** What `option` reads. */
  readonly options = OPTIONS;

  constructor(private readonly member: string) {}

  /** The value of an option of the cluster; undefined where it is not set. */
  option(answer: Answer, name: string): string | undefined {
    return new RegExp(`name="${name}"[^>]* value="([^"]*)"`).exec(answer.out)?.[1];
  }

  /** An option, such as stonith-enabled, has one of the values. */
  hasOption(name: string, ...values: string[]): Expectation {
    return expectation(
      {
        en: `the cluster of ${this.member} has the right ${name}`,
        fr: `le cluster de ${this.member} a le bon ${name}`,
      },
      this.member,
      OPTIONS,
      (answer) => {
        const value = this.option(answer, name);
        if (value !== undefined && values.includes(value)) return;
        throw new Unmet(
          plain(`${name} = ${values.join(' | ')}`),
          seen(answer.code === 0 ? (value ?? '') : (answer.err ?? answer.out)),
          plain(`lab ssh ${this.member} -- crm configure show`),
        );
      },
    );
  }
}
