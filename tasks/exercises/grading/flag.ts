import type { Text } from '../../base/text.ts';

/** What a teacher should look at, with the name of what was noticed. */
export interface Flag {
  kind:
    | 'signature'
    | 'key'
    | 'results'
    | 'checks'
    | 'copied'
    | 'mark'
    | 'history'
    | 'clock'
    | 'solved'
    | 'code'
    | 'late'
    | 'nobody'
    | 'topology'
    | 'incomplete'
    | 'replay';
  text: Text;
}

/** Takes what was noticed. */
export type Report = (kind: Flag['kind'], en: string, fr: string) => void;
