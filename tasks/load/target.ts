import { type LabFacts, readService } from '../provision/context.ts';
import { LabError } from '../ui/errors.ts';
import type { Target } from './plan.ts';

/** The user of the sample application (docs/sample-application.md). */
const STUDENT = 'student';

/** How the application of a lab is loaded. LabError for one that is not known here. */
export function targetOf(facts: LabFacts): Target {
  const url = `https://${readService(facts.root).host}`;
  if (facts.app === 'sample') {
    return {
      url,
      page: '/',
      file: '/files/load-{slot}',
      login: `${STUDENT}:${String(facts.secrets.appPassword)}`,
      checksum: 'x-sha256',
    };
  }
  throw new LabError(
    { en: `It is not known how to load ${facts.app}.`, fr: `On ne sait pas charger ${facts.app}.` },
    { en: 'use a lab with the sample application.', fr: "utilisez un lab avec l'application d'exemple." },
  );
}
