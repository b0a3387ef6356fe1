import { nameOption } from '../base/paths.ts';
import type { Text } from '../base/text.ts';
import { readService } from '../roles/service.ts';
import { machinesOf, type Topology } from '../topology/model.ts';
import type { Secrets } from './secrets.ts';

/** One way in, with what opens it. */
export interface Login {
  id: string;
  what: Text;
  /** An address, or a command. */
  where: string;
  /** From where it works. */
  from: Text;
  user?: string;
  password?: string;
  /** Path of a private key. */
  key?: string;
}

/** Secrets that machines use among themselves: nobody logs in with them, so `lab creds` leaves them out. */
export const BETWEEN_MACHINES = [
  'galeraHistory',
  'corosyncKey',
  'drbdSecret',
  'powerSwitchKey',
  'nextcloudSecret',
  'nextcloudSalt',
  'nextcloudInstance',
];

const WEB: Text = { en: 'from web machines', fr: 'depuis les machines web' };

/** What the logins of a lab depend on. */
interface LoginFacts {
  lab: string;
  root: string;
  topology: Topology;
  secrets: Secrets;
  app: string;
}

/** The logins of a lab, as far as its machines have the roles for them. `keyFile`: the lab's private key for ssh. */
export function loginsOf(facts: LoginFacts, keyFile: string): Login[] {
  const { topology, secrets } = facts;
  const { front, router } = topology.floating;
  const service = readService(facts.root);
  const lab = nameOption(facts.lab);
  const first = (role: 'web' | 'database') => machinesOf(topology, role)[0]?.name;
  const secret = (name: string): { password?: string } => {
    const value = secrets[name];
    return typeof value === 'string' ? { password: value } : {};
  };
  const logins: (Login | undefined)[] = [
    first('web') !== undefined && front
      ? {
          id: 'application',
          what: { en: 'application', fr: 'application' },
          where: `https://${service.host}/`,
          from: {
            en: 'from the client machine; in your browser after `lab open`',
            fr: 'depuis la machine client ; dans votre navigateur après `lab open`',
          },
          user: 'student',
          ...secret('appPassword'),
        }
      : undefined,
    first('web') !== undefined && front && facts.app === 'nextcloud'
      ? {
          id: 'administrator',
          what: { en: 'administration of Nextcloud', fr: 'administration de Nextcloud' },
          where: `https://${service.host}/`,
          from: {
            en: 'as the application; `occ` on a web machine needs no password',
            fr: "comme l'application ; `occ` sur une machine web ne demande pas de mot de passe",
          },
          user: 'admin',
          ...secret('nextcloudAdminPassword'),
        }
      : undefined,
    ...machinesOf(topology, 'lb').map((machine) => ({
      id: `statistics-${machine.name}`,
      what: { en: `HAProxy statistics of ${machine.name}`, fr: `statistiques HAProxy de ${machine.name}` },
      where: `https://${machine.address}:8404/`,
      from: { en: 'from every machine of the lab', fr: 'depuis chaque machine du lab' },
      user: 'lab',
      ...secret('haproxyStatsPassword'),
    })),
    router && first('web') !== undefined
      ? {
          id: 'database',
          what: {
            en: 'database of the application, through Router',
            fr: "base de l'application, à travers Router",
          },
          where: `lab ssh ${first('web')}${lab} -- mariadb -h ${router.address} -u app -p app`,
          from: WEB,
          user: 'app',
          ...secret('appDatabasePassword'),
        }
      : undefined,
    ...machinesOf(topology, 'database').map((machine) => ({
      id: `database-root-${machine.name}`,
      what: {
        en: `all of the database on ${machine.name}`,
        fr: `toute la base de données sur ${machine.name}`,
      },
      where: `lab ssh ${machine.name}${lab} -- mariadb`,
      from: {
        en: 'as root of that machine, no password',
        fr: 'en root sur cette machine, sans mot de passe',
      },
      user: 'root',
    })),
    machinesOf(topology, 'session').length > 0 && first('web') !== undefined
      ? {
          id: 'sessions',
          what: { en: 'sessions: the Redis that is master', fr: 'sessions : le Redis qui est maître' },
          where: `lab ssh ${first('web')}${lab} -- redis-cli -p ${service.sessions.port} --askpass`,
          from: WEB,
          ...secret('redisPassword'),
        }
      : undefined,
    ...machinesOf(topology, 'sentinel').map((machine) => ({
      id: `sentinel-${machine.name}`,
      what: { en: `Sentinel of ${machine.name}`, fr: `Sentinel de ${machine.name}` },
      where: `lab ssh ${machine.name}${lab} -- redis-cli -p 26379 --askpass`,
      from: { en: 'on that machine', fr: 'sur cette machine' },
      ...secret('sentinelPassword'),
    })),
    {
      id: 'ssh',
      what: { en: 'every machine', fr: 'chaque machine' },
      where: `lab ssh MACHINE${lab}`,
      from: {
        en: 'from this computer; `lab ssh-config` for plain ssh',
        fr: 'depuis cet ordinateur ; `lab ssh-config` pour ssh seul',
      },
      user: 'root',
      key: keyFile,
    },
  ];
  return logins.filter((login) => login !== undefined);
}
