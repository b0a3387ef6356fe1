/** Declares suites and tests that not every computer can run: elsewhere they are skipped, and their title says why. */
export interface Only {
  describe(title: string, body: (this: Mocha.Suite) => void): void;
  it(title: string, body: Mocha.Func | Mocha.AsyncFunc): void;
}

const only = (met: boolean, why: string): Only => {
  const reason = (title: string) => `${title} (not on ${process.platform}: ${why})`;
  return {
    describe: (title, body) => void (met ? describe(title, body) : describe.skip(reason(title), body)),
    it: (title, body) => void (met ? it(title, body) : it.skip(reason(title), body)),
  };
};

/** For Linux: `why` names what the others do not have. */
export const onLinux = (why: string): Only => only(process.platform === 'linux', why);

/** For Linux and macOS. */
export const onPosix = (why: string): Only => only(process.platform !== 'win32', why);

/** What runs on the machines of a lab is written for their bash and their GNU tools. */
export const ofMachines = onLinux('it is for the bash 5 and GNU tools of the machines');

/** For tests in which a shell script stands in for ssh. */
export const withFakeSsh = onPosix('a shell script stands in for ssh');

/** Windows has no modes of files. */
export const withModes = onPosix('it looks at the modes of files');
