import { say } from '../../../base/text.ts';
import { type CheckResult, type Finding, pointsOf, rootCauses, type StepResult, stepsOf } from '../result.ts';
import { escapeXml as e } from './junit.ts';
import { causeLines, summaryLine } from './text.ts';

/** Everything in the page itself: it opens without network, in light and dark, and can be printed. */
const STYLE = `
:root{color-scheme:light dark;--ok:#1a7f37;--bad:#c62828;--wait:#8a6100;--line:#8884}
@media(prefers-color-scheme:dark){:root{--ok:#4cc26a;--bad:#ff7b72;--wait:#e3b341}}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin:1.6rem 0 .4rem}
table{border-collapse:collapse;width:100%}td,th{padding:.3rem .5rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
td.n{text-align:right;white-space:nowrap}.passed{color:var(--ok)}.failed{color:var(--bad)}.not-judged{color:var(--wait)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem .8rem;margin:.3rem 0 .6rem 1rem}dt{opacity:.7}dd{margin:0;overflow-wrap:anywhere}
code{font-size:.9em}.cause{border-left:4px solid var(--wait);padding:.2rem .8rem;margin:.4rem 0}`;

export const page = (title: string, body: string): string =>
  `<!doctype html>
<html lang="${say({ en: 'en', fr: 'fr' })}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${e(title)}</title><style>${STYLE}</style></head>
<body>
${body}
</body>
</html>
`;

const OUTCOME = {
  passed: { en: 'passed', fr: 'réussie' },
  failed: { en: 'failed', fr: 'échouée' },
  'not-judged': { en: 'not judged', fr: 'non évaluée' },
};

function findings(all: Finding[]): string {
  return all
    .filter((finding) => finding.outcome === 'failed' || finding.outcome === 'not-judged')
    .map((finding) => {
      const rows = [
        [say({ en: 'expected', fr: 'attendu' }), finding.expected && say(finding.expected)],
        [say({ en: 'found', fr: 'trouvé' }), finding.found && say(finding.found)],
        [say({ en: 'look', fr: 'à voir' }), finding.look && `$ ${say(finding.look)}`],
      ].flatMap(([name = '', value]) =>
        value ? [`<dt>${e(name)}</dt><dd><code>${e(value)}</code></dd>`] : [],
      );
      return `<div>${e(say(finding.title))}<dl>${rows.join('')}</dl></div>`;
    })
    .join('');
}

function stepRow(step: StepResult): string {
  const why = step.cause
    ? `<div>${e(`${step.cause.id}: ${say(step.cause.text)}`)}</div>`
    : findings(step.findings);
  return `<tr><td>${step.id}</td><td>${e(say(step.title))}${step.outcome === 'passed' ? '' : why}</td><td class="${step.outcome}">${say(OUTCOME[step.outcome])}</td><td class="n">${step.earned}/${step.points}</td></tr>`;
}

/** One self-contained page. */
export function renderHtml(result: CheckResult): string {
  const { earned, possible } = pointsOf(stepsOf(result));
  const title = `${say({ en: 'Lab check', fr: 'Vérification du lab' })} ${result.lab}${result.student ? ` · ${result.student}` : ''}`;
  const causes =
    rootCauses(result).length > 0 ? causeLines(result).map((line) => `<p class="cause">${e(line)}</p>`) : [];
  const labs = result.labs.map(
    (lab) => `<h2>${lab.id} ${e(say(lab.title))}</h2>
<table><thead><tr><th>${say({ en: 'Step', fr: 'Étape' })}</th><th></th><th>${say({ en: 'Result', fr: 'Résultat' })}</th><th>${say({ en: 'Points', fr: 'Points' })}</th></tr></thead>
<tbody>${lab.steps.map(stepRow).join('\n')}</tbody></table>`,
  );
  return page(
    title,
    [
      `<h1>${e(title)}: ${earned}/${possible}</h1>`,
      `<p>${e(result.collected)} · ${e(summaryLine(result))}</p>`,
      ...causes,
      ...labs,
    ].join('\n'),
  );
}
