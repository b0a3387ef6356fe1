import { LabError } from '../../../base/errors.ts';

/** What `lab class init` is told. */
export interface InitOptions {
  cluster?: boolean;
  servers?: string;
  user?: string;
  kit?: string;
  sshConfig?: string;
  className?: string;
  partition?: string;
  account?: string;
  qos?: string;
  memory?: string;
  cores?: string;
  hours?: string;
  save?: string;
  idle?: string;
  extra?: string;
  scratch?: string;
  cache?: string;
  topology?: string;
  app?: string;
  program?: string;
  saveSeconds?: string;
  idleSeconds?: string;
  graceSeconds?: string;
  json?: boolean;
}

/** LabError for what an option cannot be. */
export const notUsable = (option: string, value: string): LabError =>
  new LabError(
    { en: `"${value}" cannot be used for ${option}.`, fr: `« ${value} » ne convient pas pour ${option}.` },
    {
      en: '`lab class init --help` says what it takes: whole numbers, full paths of folders without spaces, names of the cluster.',
      fr: '`lab class init --help` dit ce qu’il attend : nombres entiers, chemins complets sans espaces, noms du cluster.',
    },
  );
