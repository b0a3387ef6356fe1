import { expect } from 'chai';
import { LabError, messageOf } from '../../tasks/base/errors.ts';
import { showJobs } from '../../tasks/base/progress.ts';
import { languageOf, say, setLanguage } from '../../tasks/base/text.ts';
import { resultWords } from '../../tasks/environment/provision/show.ts';

describe('texts', () => {
  afterEach(() => setLanguage('en'));

  const cases: [NodeJS.ProcessEnv, string][] = [
    [{}, 'en'],
    [{ LANG: 'fr_FR.UTF-8' }, 'fr'],
    [{ LANG: 'de_DE.UTF-8' }, 'en'],
    [{ LANG: 'en_GB.UTF-8', LC_MESSAGES: 'fr_CA' }, 'fr'],
    [{ LC_MESSAGES: 'fr_CA', LC_ALL: 'C' }, 'en'],
    [{ LC_ALL: 'C', LAB_LANG: 'FR' }, 'fr'],
    [{ LC_ALL: '', LANG: 'fr' }, 'fr'],
  ];
  for (const [env, language] of cases)
    it(`${JSON.stringify(env)} means ${language}`, () => expect(languageOf(env)).to.equal(language));

  it('an error is what is wrong, details, and the way out, in the language of the run', () => {
    const error = new LabError({ en: 'Bad.', fr: 'Mal.' }, { en: 'mend it.', fr: 'corrigez.' }, ['a', 'b']);
    setLanguage('en');
    expect(error.render()).to.equal('Bad.\n  | a\n  | b\nTo do: mend it.');
    expect([error.message, messageOf(error)]).to.deep.equal(['Bad.', 'Bad.']);
    setLanguage('fr');
    expect(error.render()).to.equal('Mal.\n  | a\n  | b\nÀ faire : corrigez.');
    expect(messageOf(error)).to.equal('Mal.');
    expect(new LabError({ en: 'x', fr: 'y' }).render()).to.equal('y');
  });

  it('the message of anything thrown', () => {
    expect([messageOf(new Error('e')), messageOf('text'), messageOf(3)]).to.deep.equal(['e', 'text', '3']);
    expect(say({ en: 'one', fr: 'un' })).to.equal('one');
  });
});

describe('jobs', () => {
  const options = { parallel: true, quiet: true };

  it('all end before the first error is thrown, and the error is the job’s own', async () => {
    const ended: string[] = [];
    const wrong = new LabError({ en: 'wrong', fr: 'faux' });
    const thrown = await showJobs(
      [
        { title: 'bad', run: () => Promise.reject(wrong) },
        {
          title: 'slow',
          run: async () => {
            await new Promise((resolve) => setTimeout(resolve, 10));
            ended.push('slow');
            return undefined;
          },
        },
      ],
      options,
    ).catch((error: unknown) => error);
    expect(thrown).to.equal(wrong);
    expect(ended).to.deep.equal(['slow']);
  });

  it('run one after the other where asked', async () => {
    const log: string[] = [];
    const job = (title: string) => ({
      title,
      run: async () => {
        log.push(`+${title}`);
        await new Promise((resolve) => setTimeout(resolve, 2));
        log.push(`-${title}`);
        return undefined;
      },
    });
    await showJobs([job('a'), job('b')], { parallel: false, quiet: true });
    expect(log).to.deep.equal(['+a', '-a', '+b', '-b']);
    log.length = 0;
    await showJobs([job('a'), job('b')], options);
    expect(log.slice(0, 2)).to.deep.equal(['+a', '+b']);
  });

  it('one that is not enabled is left out', async () => {
    await showJobs([{ title: 'x', enabled: false, run: () => expect.fail('it ran') }], options);
  });
});

describe('what was done to a machine', () => {
  it('is told in both languages', () => {
    const result = {
      machine: 'lb1',
      started: true,
      applied: [{ role: 'lb', changes: 3 }],
      unchanged: ['router'],
    };
    expect(resultWords(result)).to.deep.equal({
      en: 'started · lb (3) · router unchanged',
      fr: 'démarrée · lb (3) · router inchangé',
    });
  });
});
