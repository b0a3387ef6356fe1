import { expect } from 'chai';
import { LabError } from '../../../tasks/base/errors.ts';
import { readRoster } from '../../../tasks/class/roster.ts';

const refusal = (text: string): LabError => {
  try {
    readRoster(text, 'r.csv');
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
  throw new Error('it was taken');
};

describe('class: roster', () => {
  const expected = [
    { id: 'alice', name: 'Alice Martin' },
    { id: 'bob.p', name: 'Bob Petit' },
  ];
  const forms: [string, string][] = [
    [
      'as Moodle exports it in English',
      '"First name","Last name","Email address",Groups\nAlice,Martin,alice@example.org,"A, B"\nBob,Petit,Bob.P@example.org,\n',
    ],
    [
      'in French, with semicolons, a byte order mark and the line ends of Windows',
      '\uFEFFPrénom;Nom de famille;Adresse de courriel\r\nAlice;Martin;alice@example.org\r\nBob;Petit;bob.p@example.org\r\n',
    ],
    [
      'with tabs',
      'First name\tLast name\tEmail address\nAlice\tMartin\talice@x.org\nBob\tPetit\tbob.p@x.org',
    ],
    ['as `lab grade --students` takes it', 'student,name\nalice,Alice Martin\nbob.p,Bob Petit\n'],
    [
      'with spaces around and within, empty lines and a remark',
      '# group 2\n student , name \n\n alice ,  Alice   Martin \n,\nBOB.P, Bob Petit\n\n',
    ],
    [
      'with an identifier that goes before the address',
      'Prénom,Nom,Nom d’utilisateur,Adresse de courriel\nAlice,Martin,alice,1@x.org\nBob,Petit,bob.p,2@x.org\n',
    ],
  ];
  for (const [what, text] of forms)
    it(what, () => {
      expect(readRoster(text, 'r.csv')).to.deep.equal(expected);
    });

  const mistakes: [string, string, RegExp, RegExp[]][] = [
    ['nothing', '', /not a roster: it is empty/, []],
    ['a head alone', 'student,name\n', /names no student/, []],
    [
      'no column that says who',
      'First name,Group\nAlice,A\n',
      /neither a column "student" nor "Email address" \(it has: First name, Group\)/,
      [],
    ],
    [
      'the same student twice',
      'student,name\nalice,A\nbob,B\nAlice ,A\n',
      /a line that cannot be used/,
      [/lines 2 and 4: the student alice is there twice/],
    ],
    [
      'two addresses of one name',
      'Email address\nann@a.org\nann@b.org\n',
      /a line/,
      [/lines 2 and 3: the student ann is there twice/],
    ],
    [
      'several mistakes, each with its line',
      'student,name\n../x,A\nbob,B\n,Clara\nélodie,É\n',
      /3 lines that cannot be used/,
      [/line 2: "\.\.\/x" cannot identify/, /line 4: Clara has neither/, /line 5: "élodie" cannot identify/],
    ],
    [
      'what is not UTF-8',
      Buffer.from('student,name\nzoe,Zo\xe9\n', 'latin1').toString('utf8'),
      /not written in UTF-8/,
      [],
    ],
    ['an open quote', 'student,name\nalice,"A\n', /not a roster: Quote Not Closed/, []],
  ];
  for (const [what, text, sentence, details] of mistakes)
    it(`${what} is refused in a sentence`, () => {
      const error = refusal(text);
      expect(error.what.en).to.match(sentence);
      expect(error.fix?.en, 'what to do').to.match(/\w/);
      expect(error.details.length).to.equal(details.length);
      for (const [at, detail] of details.entries()) expect(error.details[at]).to.match(detail);
    });
});
