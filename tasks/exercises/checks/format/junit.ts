import { say } from '../../../base/text.ts';
import { labIn } from '../../guides/ids.ts';
import type { CheckResult, StepResult } from '../result.ts';

/** Text and attributes of XML; characters that XML does not have become a question mark. */
export const escapeXml = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what XML 1.0 forbids
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '?')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

function testCase(step: StepResult): string {
  const head = `    <testcase classname="lab.${labIn(step.id)}" name="${escapeXml(`${step.id} ${say(step.title)}`)}"`;
  if (step.outcome === 'passed') return `${head}/>`;
  if (step.outcome === 'not-judged')
    return `${head}><skipped message="${escapeXml(step.cause ? `${step.cause.id}: ${say(step.cause.text)}` : '')}"/></testcase>`;
  const failed = step.findings.filter((finding) => finding.outcome === 'failed');
  const lines = failed.map((finding) =>
    [say(finding.title), finding.expected && say(finding.expected), finding.found && say(finding.found)]
      .filter(Boolean)
      .join(' | '),
  );
  return `${head}><failure message="${escapeXml(lines[0] ?? '')}">${escapeXml(lines.join('\n'))}</failure></testcase>`;
}

/** JUnit's XML, as CI systems read it: a suite for each lab, a case for each step. */
export function renderJunit(result: CheckResult): string {
  const suites = result.labs.map((lab) => {
    const count = (outcome: string) => lab.steps.filter((step) => step.outcome === outcome).length;
    return [
      `  <testsuite name="${escapeXml(lab.name)}" tests="${lab.steps.length}" failures="${count('failed')}" skipped="${count('not-judged')}" timestamp="${result.collected.slice(0, 19)}">`,
      ...lab.steps.map(testCase),
      '  </testsuite>',
    ].join('\n');
  });
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<testsuites name="lab ${escapeXml(result.lab)}" time="${result.timing.total ?? 0}">`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n');
}
