import { label, say, type Text } from '../../base/text.ts';
import { machinesOf, type RoleName, type Topology } from '../../topology/model.ts';

export const APP_NAMES = ['sample', 'nextcloud'] as const;
export type AppName = (typeof APP_NAMES)[number];

/** Was the release's OpenPGP signature checked? */
export type Signature = 'good' | 'unchecked';

/** A Nextcloud release in the cache. */
export interface Nextcloud {
  /** As people write it: 34.0.1. */
  release: string;
  /** As Nextcloud compares it: 34.0.1.2. */
  version: string;
  /** Of the archive; its beginning names the entry of the cache. */
  sha256: string;
  signature: Signature;
}

/** The application of a lab, as its record keeps it. */
export interface Application {
  app: AppName;
  nextcloud?: Nextcloud;
  /** Why this one, for people. */
  why: Text;
}

/** Roles without which Nextcloud cannot be shared by web machines. */
export const NEXTCLOUD_ROLES: readonly RoleName[] = ['web', 'database', 'router', 'storage', 'session'];

/** Roles that Nextcloud needs and a topology does not have. */
export function rolesMissing(topology: Topology): RoleName[] {
  return NEXTCLOUD_ROLES.filter((role) => machinesOf(topology, role).length === 0);
}

/** A page that answers 200 to a visitor who is not known. */
export function frontPage(app: string): string {
  return app === 'nextcloud' ? '/login' : '/';
}

/** What runs: the application's name, and its release. */
export function applicationName(application: Pick<Application, 'app' | 'nextcloud'>): Text {
  if (application.app === 'sample') {
    return { en: "the kit's sample application", fr: "l'application d'exemple du kit" };
  }
  const { release = '', signature } = application.nextcloud ?? {};
  return signature === 'unchecked'
    ? {
        en: `Nextcloud ${release} (signature not checked)`,
        fr: `Nextcloud ${release} (signature non vérifiée)`,
      }
    : { en: `Nextcloud ${release}`, fr: `Nextcloud ${release}` };
}

/** Accounts of an application, with the secret that holds each password. */
export function logins(app: string): { user: string; secret: string }[] {
  const student = { user: 'student', secret: 'appPassword' };
  return app === 'nextcloud' ? [{ user: 'admin', secret: 'nextcloudAdminPassword' }, student] : [student];
}

/** The application that a lab's record tells; labs of an earlier version of the kit do not say why. */
export function recordedApplication(record: {
  app: string;
  appWhy?: Text;
  nextcloud?: Nextcloud;
}): Application {
  return {
    app: record.app === 'nextcloud' ? 'nextcloud' : 'sample',
    why: record.appWhy ?? { en: "the lab's own", fr: 'celle du lab' },
    ...(record.nextcloud ? { nextcloud: record.nextcloud } : {}),
  };
}

/** An application that machines serve in place of their environment's own, because lab NN needs it. */
export interface NeededApplication {
  app: 'sample';
  /** NN */
  lab: string;
}

type Served = Parameters<typeof recordedApplication>[0] & { serves?: NeededApplication };

/** The application that the machines serve now: what the lab that was started needs, else the environment's own. */
export function servedApplication(record: Served): Application {
  const { serves } = record;
  if (!serves || serves.app === record.app) return recordedApplication(record);
  return {
    app: serves.app,
    why: { en: `lab ${serves.lab} needs it`, fr: `le lab ${serves.lab} en a besoin` },
  };
}

/** What a lab serves, and why: one line for people. */
export function applicationLine(record: Served): string {
  const { why, ...application } = servedApplication(record);
  return `${label({ en: 'Application', fr: 'Application' })} ${say(applicationName(application))} (${say(why)})`;
}
