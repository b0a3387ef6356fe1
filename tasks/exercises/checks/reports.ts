import type { LabGuide } from '../guides/model.ts';
import { countedIncidents, type Incidents, reportDigest, reportFile } from '../state/incident-order.ts';
import { type Facts, probeKey } from './probe.ts';
import { readReport } from './vocabulary/records.ts';

/** What a lab's reports accuse in these facts (reportDigest), by the name of the incident; of those that name a machine and a part. */
export function reportsIn(
  facts: Facts,
  guide: Pick<LabGuide, 'faults'>,
  incidents: Incidents,
): Record<string, string> {
  const counted = countedIncidents(guide, incidents);
  const files = [
    ...counted.map((name, at) => [name, reportFile(at + 1)] as const),
    ...incidents.made.map((name) => [name, reportFile(name)] as const),
  ];
  const found: Record<string, string> = {};
  for (const [name, path] of files)
    for (const { answers } of Object.values(facts.machines)) {
      const answer = answers[probeKey({ kind: 'file', path })];
      const report = readReport(answer?.code === 0 ? answer.out.split('\n').slice(1).join('\n') : '');
      const [machine, part] = [report.get('machine'), report.get('part')];
      if (machine !== undefined && part !== undefined) found[name] = reportDigest(machine, part);
    }
  return found;
}
