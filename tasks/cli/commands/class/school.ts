import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { LabError } from '../../../base/errors.ts';
import { say } from '../../../base/text.ts';
import { existingClass, withClassLock, writeSettings } from '../../../class/record.ts';
import { schoolFrom } from '../../../class/school-settings.ts';

export interface SchoolOptions {
  class: string;
  clientId?: string;
  secretFile?: string;
  claim?: string;
  domain?: string;
  teacher?: string[];
  off?: boolean;
  json?: boolean;
}

/** `lab class school ISSUER`: lets those of a class in through the school, or no more (`--off`). Personal links stay as they are. */
export async function school(issuer: string | undefined, options: SchoolOptions): Promise<number> {
  const { folder } = await existingClass(options.class);
  return withClassLock(folder, 'lab class school', async () => {
    const { settings } = await existingClass(folder);
    const { school: before, ...others } = settings;
    if (options.off) {
      await writeSettings(folder, others);
      tell(
        options,
        { school: null },
        {
          en: 'Personal links alone let in from now on.',
          fr: 'Seuls les liens personnels font entrer désormais.',
        },
      );
      return 0;
    }
    const secretFile = options.secretFile === undefined ? before?.secretFile : resolve(options.secretFile);
    const named = schoolFrom({
      issuer: issuer ?? before?.issuer,
      clientId: options.clientId ?? before?.clientId,
      ...{ secretFile, claim: options.claim ?? before?.claim ?? 'preferred_username' },
      domain: options.domain ?? before?.domain,
      teachers: options.teacher ?? before?.teachers ?? [],
    });
    if (!existsSync(named.secretFile))
      throw new LabError(
        { en: `There is no file ${named.secretFile}.`, fr: `Il n'y a pas de fichier ${named.secretFile}.` },
        {
          en: 'put what the provider gave for this client into it, readable by you alone, and name it with --secret-file.',
          fr: 'mettez-y le secret donné par le fournisseur pour ce client, lisible par vous seul, et indiquez-le avec --secret-file.',
        },
      );
    await writeSettings(folder, { ...others, school: named });
    tell(
      options,
      { school: named },
      {
        en: `From the next \`lab class open\` on, its page /school lets in with an account of ${named.issuer}. To be registered there: https://NAME:PORT/school.`,
        fr: `Dès le prochain \`lab class open\`, sa page /school fait entrer avec un compte de ${named.issuer}. À y déclarer : https://NOM:PORT/school.`,
      },
    );
    return 0;
  });
}

function tell({ json }: SchoolOptions, data: unknown, text: { en: string; fr: string }): void {
  console.log(json ? JSON.stringify(data, null, 2) : say(text));
}
