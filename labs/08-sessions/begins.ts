import type { Checks } from '../../tasks/exercises/checks/vocabulary/index.ts';
import { visitsOf } from './visits.ts';

/** What the lab begins with, also with a student's own load balancers: https, and no visitor who is tied to one machine. */
export default ((lab) => {
  const visits = visitsOf(lab);
  return {
    1: [lab.floating('front').isHeldByOne(['lb1', 'lb2']), visits.prints(/"web1"/), visits.prints(/"web2"/)],
  };
}) satisfies Checks;
