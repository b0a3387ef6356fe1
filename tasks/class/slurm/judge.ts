import type { Finding, Limits } from '../engine.ts';

/** Seconds after which a server that does not answer is given up, above which it is worth telling. */
const LONG_TIMEOUT = 60;

const seconds = (text: string | undefined): number => Number.parseInt(text ?? '', 10);

/** Minutes of `[DAYS-]HOURS:MINUTES:SECONDS`; undefined for no limit. */
export function minutesOf(text: string | undefined): number | undefined {
  const [, days = '0', hours = '', minutes = ''] = /^(?:(\d+)-)?(\d+):(\d+):\d+$/.exec(text ?? '') ?? [];
  return hours === '' ? undefined : Number(days) * 1440 + Number(hours) * 60 + Number(minutes);
}

/**
 * What the settings of a Slurm (`scontrol show config`, words of the partition's `scontrol show partition`) mean for a class. Pure.
 */
export function judgeSettings(
  config: Map<string, string>,
  partition: Map<string, string> | undefined,
  limits: Limits,
  wanted: string | undefined,
): Finding[] {
  if (!partition)
    return [
      {
        status: 'fail',
        text: {
          en: wanted ? `There is no partition ${wanted}.` : 'No partition is the default one.',
          fr: wanted ? `Il n'y a pas de partition ${wanted}.` : "Aucune partition n'est celle par défaut.",
        },
        fix: {
          en: 'name one with `lab class init --partition NAME`; `sinfo` lists them.',
          fr: 'nommez-en une avec `lab class init --partition NOM` ; `sinfo` les liste.',
        },
      },
    ];
  return [
    timeOf(partition, limits),
    sharingOf(config, partition),
    spreadOf(config, partition),
    lossOf(config),
    limitsOf(config),
  ];
}

function timeOf(partition: Map<string, string>, { minutes }: Limits): Finding {
  const most = minutesOf(partition.get('MaxTime'));
  const enough = most === undefined || most >= minutes;
  return {
    status: enough ? 'ok' : 'fail',
    text: {
      en: `A job may run ${most === undefined ? 'without a limit' : `${most} minutes`}; a lab asks for ${minutes}.`,
      fr: `Un travail peut durer ${most === undefined ? 'sans limite' : `${most} minutes`} ; un lab en demande ${minutes}.`,
    },
    ...(enough
      ? {}
      : {
          fix: {
            en: 'a longer MaxTime, or `lab class init --hours` with fewer: labs save themselves at the end, and `lab class up` goes on.',
            fr: 'un MaxTime plus long, ou `lab class init --hours` avec moins : les labs se sauvegardent à la fin, et `lab class up` reprend.',
          },
        }),
  };
}

/** Whether labs share the cores of a server; without it each takes its own, idle or not. */
function sharingOf(config: Map<string, string>, partition: Map<string, string>): Finding {
  const shared = /^(FORCE|YES)/.test(partition.get('OverSubscribe') ?? '');
  const byMemory = /MEMORY/i.test(config.get('SelectTypeParameters') ?? '');
  if (shared && byMemory)
    return {
      status: 'ok',
      text: {
        en: `Labs share cores (OverSubscribe=${partition.get('OverSubscribe')}), and memory is counted.`,
        fr: `Les labs partagent les cœurs (OverSubscribe=${partition.get('OverSubscribe')}), et la mémoire est comptée.`,
      },
    };
  return {
    status: 'warn',
    text: shared
      ? {
          en: 'Memory is not counted when labs are placed: a server may get more of them than it can hold.',
          fr: 'La mémoire n’est pas comptée au placement : un serveur peut recevoir plus de labs qu’il n’en tient.',
        }
      : {
          en: 'Labs do not share cores: a server takes as many as it has cores for, however idle they are.',
          fr: 'Les labs ne partagent pas les cœurs : un serveur n’en prend qu’autant qu’il a de cœurs, même inactifs.',
        },
    fix: {
      en: 'SelectType=select/cons_tres, SelectTypeParameters=CR_CPU_Memory and, for the partition, OverSubscribe=FORCE:16.',
      fr: 'SelectType=select/cons_tres, SelectTypeParameters=CR_CPU_Memory et, pour la partition, OverSubscribe=FORCE:16.',
    },
  };
}

/** Whether the next lab goes to the server that has least to do; otherwise one is filled before the next is used. */
function spreadOf(config: Map<string, string>, partition: Map<string, string>): Finding {
  const spread = partition.get('LLN') === 'YES' || /CR_LLN/.test(config.get('SelectTypeParameters') ?? '');
  return spread
    ? {
        status: 'ok',
        text: {
          en: 'A lab goes to the server that has least to do.',
          fr: 'Un lab va au serveur le moins occupé.',
        },
      }
    : {
        status: 'warn',
        text: {
          en: 'One server is filled with labs before the next one gets any.',
          fr: 'Un serveur est rempli de labs avant que le suivant n’en reçoive.',
        },
        fix: { en: 'LLN=YES for the partition.', fr: 'LLN=YES pour la partition.' },
      };
}

/** What happens to the labs of a server that is lost. */
function lossOf(config: Map<string, string>): Finding {
  const timeout = seconds(config.get('SlurmdTimeout'));
  if (timeout === 0 || Number.isNaN(timeout))
    return {
      status: 'fail',
      text: {
        en: 'A server that does not answer is never given up (SlurmdTimeout=0): its labs would not run elsewhere.',
        fr: 'Un serveur qui ne répond pas n’est jamais abandonné (SlurmdTimeout=0) : ses labs ne repartiraient pas ailleurs.',
      },
      fix: { en: 'SlurmdTimeout=30.', fr: 'SlurmdTimeout=30.' },
    };
  return {
    status: timeout > LONG_TIMEOUT ? 'warn' : 'ok',
    text: {
      en: `A server that does not answer is given up after ${timeout} s; then its labs run elsewhere.`,
      fr: `Un serveur qui ne répond pas est abandonné après ${timeout} s ; ses labs repartent alors ailleurs.`,
    },
    ...(timeout > LONG_TIMEOUT
      ? {
          fix: {
            en: 'SlurmdTimeout=30, if that suits the other users.',
            fr: 'SlurmdTimeout=30, si cela convient aux autres utilisateurs.',
          },
        }
      : {}),
  };
}

/** Whether a lab that takes too much is the only one that suffers. */
function limitsOf(config: Map<string, string>): Finding {
  const enforced =
    /cgroup/.test(config.get('TaskPlugin') ?? '') && /cgroup/.test(config.get('ProctrackType') ?? '');
  return enforced
    ? {
        status: 'ok',
        text: {
          en: 'Jobs are kept in control groups: no process of a lab outlives it, and its limits hold.',
          fr: 'Les travaux sont dans des groupes de contrôle : aucun processus d’un lab ne lui survit, et ses limites tiennent.',
        },
      }
    : {
        status: 'fail',
        text: {
          en: `Jobs are not kept in control groups (ProctrackType=${config.get('ProctrackType') ?? '?'}, TaskPlugin=${config.get('TaskPlugin') ?? '?'}): machines of a lab could outlive it.`,
          fr: `Les travaux ne sont pas dans des groupes de contrôle (ProctrackType=${config.get('ProctrackType') ?? '?'}, TaskPlugin=${config.get('TaskPlugin') ?? '?'}) : des machines d’un lab pourraient lui survivre.`,
        },
        fix: {
          en: 'ProctrackType=proctrack/cgroup, TaskPlugin=task/affinity,task/cgroup, and in cgroup.conf ConstrainCores=yes, ConstrainRAMSpace=yes.',
          fr: 'ProctrackType=proctrack/cgroup, TaskPlugin=task/affinity,task/cgroup, et dans cgroup.conf ConstrainCores=yes, ConstrainRAMSpace=yes.',
        },
      };
}
