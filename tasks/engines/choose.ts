import { ENGINE_NAMES, type EngineName } from '../base/engine-names.ts';
import { LabError } from '../base/errors.ts';
import { say, type Text } from '../base/text.ts';
import { installCommand } from '../host/doctor/install.ts';
import { packagesOf } from '../host/doctor/requirements.ts';
import type { EngineFacts } from '../host/facts.ts';
import type { Suitability } from './engine.ts';

/** An engine's suitability, and what would make an unusable one usable. */
export interface EngineJudgement extends Suitability {
  fix?: Text;
  /** vagrant-libvirt: with the processor's virtualization, or emulated. */
  driver?: 'kvm' | 'qemu';
}

export interface Choice {
  engine: EngineName;
  driver?: 'kvm' | 'qemu';
  why: Text;
}

const no = (reason: Text, fix?: Text): EngineJudgement => ({
  usable: false,
  fast: false,
  reason,
  ...(fix && { fix }),
});

const X86_ONLY: Text = {
  en: 'the machines are x86-64, this computer’s processor is not',
  fr: 'les machines sont x86-64, le processeur de cet ordinateur ne l’est pas',
};
const NO_VAGRANT: Text = { en: 'Vagrant is not installed', fr: 'Vagrant n’est pas installé' };
const GET_VIRTUALBOX: Text = {
  en: 'Install VirtualBox (https://www.virtualbox.org/) and Vagrant (https://www.vagrantup.com/).',
  fr: 'Installer VirtualBox (https://www.virtualbox.org/) et Vagrant (https://www.vagrantup.com/).',
};
const LIBVIRT_COMMAND = installCommand(packagesOf(['vagrant-libvirt']), false);
const GET_LIBVIRT: Text = {
  en: `Install what it needs: ${LIBVIRT_COMMAND}.`,
  fr: `Installer ce qu’il faut : ${LIBVIRT_COMMAND}.`,
};

function judgeUml({ platform, arch, namespaces }: EngineFacts): EngineJudgement {
  if (platform !== 'linux')
    return no(
      { en: 'User Mode Linux runs on Linux only', fr: 'User Mode Linux ne fonctionne que sous Linux' },
      platform === 'win32' ? { en: 'Run the kit inside WSL2.', fr: 'Lancer le kit dans WSL2.' } : undefined,
    );
  if (arch !== 'x64') return no(X86_ONLY);
  if (namespaces?.state === 'refused')
    return no(
      namespaces.reason ?? { en: 'namespaces are refused', fr: 'les espaces de noms sont refusés' },
      namespaces.fix,
    );
  // A tool that is missing can be installed: that is no reason to choose another engine.
  return {
    usable: true,
    fast: true,
    reason: {
      en: 'User Mode Linux needs no hypervisor',
      fr: 'User Mode Linux se passe d’hyperviseur',
    },
  };
}

function judgeLibvirt(facts: EngineFacts): EngineJudgement {
  if (facts.platform !== 'linux')
    return no({ en: 'libvirt is used on Linux only', fr: 'libvirt n’est utilisé que sous Linux' });
  if (facts.arch !== 'x64') return no(X86_ONLY);
  if (!facts.vagrant) return no(NO_VAGRANT, GET_LIBVIRT);
  if (!facts.libvirtPlugin)
    return no(
      {
        en: 'Vagrant’s libvirt plugin is not installed',
        fr: 'le module libvirt de Vagrant n’est pas installé',
      },
      {
        en: 'Install it: sudo apt-get install vagrant-libvirt, or vagrant plugin install vagrant-libvirt.',
        fr: 'L’installer : sudo apt-get install vagrant-libvirt, ou vagrant plugin install vagrant-libvirt.',
      },
    );
  if (!facts.libvirt?.usable)
    return no(
      facts.libvirt?.reason ?? { en: 'libvirt was not looked at', fr: 'libvirt n’a pas été examiné' },
      facts.libvirt?.installed ? undefined : GET_LIBVIRT,
    );
  const kvm = facts.kvm?.works === true;
  const reason = facts.kvm?.reason ?? { en: 'KVM was not tried', fr: 'KVM n’a pas été essayé' };
  return {
    usable: true,
    fast: kvm,
    driver: kvm ? 'kvm' : 'qemu',
    reason: kvm
      ? reason
      : { en: `without KVM, slowly: ${reason.en}`, fr: `sans KVM, lentement : ${reason.fr}` },
  };
}

function judgeVirtualBox({ platform, arch, vagrant, virtualbox }: EngineFacts): EngineJudgement {
  if (arch !== 'x64') return no(X86_ONLY);
  if (!virtualbox.usable) return no(virtualbox.reason, virtualbox.installed ? undefined : GET_VIRTUALBOX);
  if (!vagrant)
    return no(
      NO_VAGRANT,
      platform === 'linux'
        ? {
            en: 'Install it: sudo apt-get install vagrant.',
            fr: 'L’installer : sudo apt-get install vagrant.',
          }
        : GET_VIRTUALBOX,
    );
  return { usable: true, fast: true, reason: virtualbox.reason };
}

/** What each engine needs, judged on the facts of this computer. */
export function judgeEngines(facts: EngineFacts): Record<EngineName, EngineJudgement> {
  return {
    uml: judgeUml(facts),
    'vagrant-libvirt': judgeLibvirt(facts),
    'vagrant-virtualbox': judgeVirtualBox(facts),
  };
}

/** One line an engine: why it is not usable, and what would make it so. */
function obstacles(judged: Record<EngineName, EngineJudgement>): Text[] {
  return ENGINE_NAMES.map((name) => {
    const { reason, fix } = judged[name];
    return {
      en: `${name}: ${reason.en}.${fix ? ` ${fix.en}` : ''}`,
      fr: `${name} : ${reason.fr}.${fix ? ` ${fix.fr}` : ''}`,
    };
  });
}

/** Best first, where each is fast. */
const RANKED: readonly EngineName[] = ['vagrant-libvirt', 'vagrant-virtualbox', 'uml'];

/**
 * Engines on which somebody has run the kit as they are meant (a hypervisor with the processor's virtualization). The others are chosen
 * only where none of these can run.
 */
const PROVEN: ReadonlySet<EngineName> = new Set(['uml']);

function chosen(engine: EngineName, { driver }: EngineJudgement, why: Text): Choice {
  return { engine, ...(driver && { driver }), why };
}

/** Why User Mode Linux, and what the others are like. */
function whyUml(judged: Record<EngineName, EngineJudgement>): Text {
  const { reason } = judged.uml;
  const others = ENGINE_NAMES.filter((name) => name !== 'uml');
  const untried = RANKED.filter((name) => name !== 'uml' && judged[name].usable && judged[name].fast);
  if (untried.length > 0) {
    const names = untried.join(', ');
    const option = `--engine ${untried[0]}`;
    return {
      en: `${reason.en}; the kit was never run with ${names} yet, which works here too: \`${option}\` takes it`,
      fr: `${reason.fr} ; le kit n’a encore jamais tourné avec ${names}, qui marche aussi ici : \`${option}\` le prend`,
    };
  }
  const [en, fr] = [
    others.map((name) => `${name}: ${judged[name].reason.en}`).join('; '),
    others.map((name) => `${name} : ${judged[name].reason.fr}`).join(' ; '),
  ];
  return {
    en: `${reason.en}, and none that works was found (${en})`,
    fr: `${reason.fr}, et aucun qui marche n’a été trouvé (${fr})`,
  };
}

/**
 * The engine for a new lab: one that is fast here, those that were proven first; else emulation. `wish` (--engine) goes
 * first. LabError when the wish, or every engine, is impossible here; it says why and what to do.
 */
export function chooseEngine(facts: EngineFacts, wish?: EngineName): Choice {
  const judged = judgeEngines(facts);
  if (wish) {
    const { usable, reason, fix } = judged[wish];
    if (usable)
      return chosen(wish, judged[wish], {
        en: `asked for (${reason.en})`,
        fr: `demandé (${reason.fr})`,
      });
    throw new LabError(
      {
        en: `The engine ${wish} cannot run on this computer: ${reason.en}.`,
        fr: `Le moteur ${wish} ne peut pas fonctionner sur cet ordinateur : ${reason.fr}.`,
      },
      fix ?? {
        en: 'leave out --engine to let the kit choose.',
        fr: 'ne pas donner --engine, pour laisser le kit choisir.',
      },
    );
  }
  const { uml, 'vagrant-libvirt': libvirt } = judged;
  const quick = RANKED.filter((name) => judged[name].usable && judged[name].fast);
  const first = quick.find((name) => PROVEN.has(name)) ?? quick[0];
  if (first === 'uml') return chosen('uml', uml, whyUml(judged));
  if (first) return chosen(first, judged[first], judged[first].reason);
  if (libvirt.usable)
    return chosen('vagrant-libvirt', libvirt, {
      en: `${libvirt.reason.en}; nothing faster works here (uml: ${uml.reason.en})`,
      fr: `${libvirt.reason.fr} ; rien de plus rapide ne marche ici (uml : ${uml.reason.fr})`,
    });
  throw new LabError(
    {
      en: 'No engine can run machines on this computer.',
      fr: 'Aucun moteur ne peut faire tourner de machines sur cet ordinateur.',
    },
    { en: 'do one of these, then run lab doctor.', fr: 'faire l’une de ces choses, puis lancer lab doctor.' },
    obstacles(judged).map(say),
  );
}
