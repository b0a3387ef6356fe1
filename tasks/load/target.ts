import { type LabFacts, readService } from '../provision/context.ts';
import { LabError } from '../ui/errors.ts';
import type { Target } from './plan.ts';

/** Both applications have this user (docs/sample-application.md). */
const STUDENT = 'student';

/** How the application of a lab is loaded. LabError for one that is not known here. */
export function targetOf(facts: Pick<LabFacts, 'root' | 'app' | 'secrets'>): Target {
  const url = `https://${readService(facts.root).host}`;
  const login = `${STUDENT}:${String(facts.secrets.appPassword)}`;
  if (facts.app === 'sample')
    return { url, login, page: '/', file: '/files/load-{slot}', checksum: 'x-sha256' };
  if (facts.app === 'nextcloud')
    return { url, login, page: '/login', file: `/remote.php/dav/files/${STUDENT}/load-{slot}` };
  throw new LabError(
    { en: `It is not known how to load ${facts.app}.`, fr: `On ne sait pas charger ${facts.app}.` },
    { en: 'use a lab with the sample application.', fr: "utilisez un lab avec l'application d'exemple." },
  );
}
