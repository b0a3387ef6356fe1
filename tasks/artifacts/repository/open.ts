import { LabError } from '../../base/errors.ts';
import { trust, trustedKeys } from './keys.ts';
import { INDEX, type Index, parseIndex, SIGNATURE } from './layout.ts';
import { isSignedBy, type PublicKey, signerOf } from './minisign.ts';
import type { Source } from './source.ts';

/** A repository whose index was read, and checked unless the user wanted it otherwise. */
export interface Repository {
  source: Source;
  index: Index;
  /** The key that signed it; undefined when nothing was checked. */
  signer: PublicKey | undefined;
}

/** Whose signature is asked for: of the key that is named, of one that was named before, or nobody's. */
export interface Trust {
  key?: PublicKey | undefined;
  unsigned?: boolean | undefined;
}

/**
 * Reads a repository's index and checks its signature. A key that is named is remembered once it has signed something. LabError
 * when there is no index, or no good signature.
 */
export async function openRepository(source: Source, { key, unsigned = false }: Trust): Promise<Repository> {
  const where = `${source.name}/${INDEX}`;
  const text = await source.text(INDEX);
  if (text === undefined) {
    throw new LabError(
      { en: `There is no ${where}.`, fr: `Il n'y a pas de ${where}.` },
      {
        en: 'give the address or folder of what `lab image export DIRECTORY` has written.',
        fr: "donnez l'adresse ou le dossier de ce que `lab image export DOSSIER` a écrit.",
      },
    );
  }
  if (unsigned) return { source, index: parseIndex(text, where), signer: undefined };
  const signature = await source.text(SIGNATURE);
  const signer = await signerAmong(key ? [key] : trustedKeys(), { where, text, signature, named: key });
  const index = parseIndex(text, where);
  await trust(signer);
  return { source, index, signer };
}

/** The key that has signed. LabError that says why there is none. */
async function signerAmong(
  keys: PublicKey[],
  {
    where,
    text,
    signature,
    named,
  }: { where: string; text: string; signature: string | undefined; named: PublicKey | undefined },
): Promise<PublicKey> {
  if (signature === undefined) {
    throw new LabError(
      { en: `${where} is not signed.`, fr: `${where} n'est pas signé.` },
      {
        en: 'whoever runs it signs it with `lab image export DIRECTORY --sign`; --unsigned takes it as it is, from somebody whom you trust in another way.',
        fr: "la personne qui le tient le signe avec `lab image export DOSSIER --sign` ; --unsigned le prend tel quel, si vous faites confiance à cette personne d'une autre façon.",
      },
    );
  }
  const signer = keys.find((key) => isSignedBy(key, Buffer.from(text), signature));
  if (signer) return signer;
  const id = signerOf(signature);
  if (keys.some((key) => key.id === id) || id === undefined) {
    throw new LabError(
      {
        en: `The signature of ${where} is wrong: the index or its signature was changed, or is just being written.`,
        fr: `La signature de ${where} est fausse : l'index ou sa signature a été modifié, ou est en cours d'écriture.`,
      },
      {
        en: 'try again in a minute; nothing was taken. If it stays so, tell whoever runs it.',
        fr: "réessayez dans une minute ; rien n'a été pris. Si cela persiste, prévenez la personne qui le tient.",
      },
    );
  }
  throw new LabError(
    named
      ? {
          en: `${where} is signed by the key ${id}, not by the one that --key names (${named.id}).`,
          fr: `${where} est signé par la clé ${id}, et non par celle de --key (${named.id}).`,
        }
      : {
          en: `${where} is signed by the key ${id}, which you have not named yet.`,
          fr: `${where} est signé par la clé ${id}, que vous n'avez pas encore donnée.`,
        },
    {
      en: 'ask whoever runs it for the key (`lab image key` shows it there) and give it with --key, once.',
      fr: "demandez la clé à la personne qui le tient (`lab image key` l'y affiche) et donnez-la avec --key, une fois.",
    },
  );
}
