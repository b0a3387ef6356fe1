import { expect } from 'chai';
import type { EngineName } from '../../tasks/base/engine-names.ts';
import { LabError } from '../../tasks/base/errors.ts';
import { setLanguage, type Text } from '../../tasks/base/text.ts';
import { chooseEngine, judgeEngines } from '../../tasks/engines/choose.ts';
import type { EngineFacts } from '../../tasks/host/facts.ts';

const text = (word: string): Text => ({ en: word, fr: word });

/** A Debian computer without any hypervisor. */
const BARE: EngineFacts = {
  platform: 'linux',
  arch: 'x64',
  namespaces: { state: 'works' },
  vagrant: false,
  libvirtPlugin: false,
  libvirt: undefined,
  kvm: undefined,
  virtualbox: { installed: false, version: undefined, usable: false, reason: text('not installed') },
};
const LIBVIRT: Partial<EngineFacts> = {
  vagrant: true,
  libvirtPlugin: true,
  libvirt: { installed: true, usable: true, reason: text('answers') },
  kvm: { works: true, tried: 'kernel', reason: text('boots') },
};
const NO_KVM: Partial<EngineFacts> = { kvm: { works: false, tried: 'kernel', reason: text('hangs') } };
const VIRTUALBOX: Partial<EngineFacts> = {
  vagrant: true,
  virtualbox: { installed: true, version: '7.0.20', usable: true, reason: text('VirtualBox 7.0.20') },
};
const REFUSED: Partial<EngineFacts> = {
  namespaces: { state: 'refused', reason: text('refused'), fix: text('allow it') },
};

const facts = (...parts: Partial<EngineFacts>[]): EngineFacts => Object.assign({}, BARE, ...parts);

/** What is thrown, as a user reads it. */
function refusal(given: EngineFacts, wish?: EngineName): string {
  try {
    chooseEngine(given, wish);
  } catch (error) {
    if (error instanceof LabError) return error.render();
    throw error;
  }
  throw new Error('an engine was chosen');
}

describe('choosing an engine', () => {
  before(() => setLanguage('en'));

  const cases: [string, EngineFacts, EngineName, ('kvm' | 'qemu')?][] = [
    ['Linux without a hypervisor', facts(), 'uml'],
    ['libvirt with KVM, on which the kit was never run', facts(LIBVIRT), 'uml'],
    ['VirtualBox, with which the kit was never run', facts(VIRTUALBOX), 'uml'],
    [
      'namespaces refused: libvirt with KVM before VirtualBox',
      facts(LIBVIRT, VIRTUALBOX, REFUSED),
      'vagrant-libvirt',
      'kvm',
    ],
    ['libvirt whose KVM hangs', facts(LIBVIRT, NO_KVM), 'uml'],
    [
      'namespaces refused: VirtualBox before libvirt without KVM',
      facts(LIBVIRT, NO_KVM, VIRTUALBOX, REFUSED),
      'vagrant-virtualbox',
    ],
    ['namespaces refused: VirtualBox on Linux', facts(VIRTUALBOX, REFUSED), 'vagrant-virtualbox'],
    ['VirtualBox without Vagrant', facts(VIRTUALBOX, { vagrant: false }), 'uml'],
    [
      'libvirt installed but not answering',
      facts(LIBVIRT, { libvirt: { installed: true, usable: false, reason: text('silent') } }),
      'uml',
    ],
    ['Vagrant without the libvirt plugin', facts({ vagrant: true }), 'uml'],
    ['namespaces not tested for want of a tool', facts({ namespaces: { state: 'untested' } }), 'uml'],
    [
      'namespaces refused: emulation is the last resort',
      facts(LIBVIRT, NO_KVM, REFUSED),
      'vagrant-libvirt',
      'qemu',
    ],
    ['macOS', facts(VIRTUALBOX, { platform: 'darwin', namespaces: undefined }), 'vagrant-virtualbox'],
    ['Windows', facts(VIRTUALBOX, { platform: 'win32', namespaces: undefined }), 'vagrant-virtualbox'],
  ];
  for (const [title, given, engine, driver] of cases)
    it(`${title}: ${engine}`, () => {
      const choice = chooseEngine(given);
      expect([choice.engine, choice.driver]).to.deep.equal([engine, driver]);
      expect(choice.why.en).to.not.equal('');
    });

  it('says why uml is used and the others are not', () => {
    expect(chooseEngine(facts(LIBVIRT, NO_KVM)).why.en).to.match(
      /needs no hypervisor.*vagrant-libvirt: without KVM, slowly: hangs; vagrant-virtualbox: not installed/,
    );
  });

  it('says that an engine which would work here was left out because the kit was never run with it', () => {
    const { why } = chooseEngine(facts(VIRTUALBOX));
    for (const text of [why.en, why.fr])
      expect(text)
        .to.match(/never run with vagrant-virtualbox|jamais tourné avec vagrant-virtualbox/)
        .and.include('--engine vagrant-virtualbox');
  });

  it('lists what to do for each engine when none can run', () => {
    const shown = refusal(facts(REFUSED));
    expect(shown).to.match(/uml: refused\. allow it/);
    expect(shown).to.match(/vagrant-libvirt: Vagrant is not installed\. .*apt-get install .*vagrant-libvirt/);
    expect(shown).to.match(/vagrant-virtualbox: not installed\. Install VirtualBox/);
  });

  it('sends Windows without VirtualBox to WSL2', () => {
    expect(refusal(facts({ platform: 'win32', namespaces: undefined }))).to.match(
      /uml: .*Linux only\. .*WSL2/,
    );
  });

  it('refuses other processors, whatever is installed', () => {
    const arm = facts(LIBVIRT, VIRTUALBOX, { arch: 'arm64' });
    for (const judged of Object.values(judgeEngines(arm))) expect(judged.usable).to.equal(false);
    expect(refusal(arm)).to.match(/x86-64/);
  });

  describe('--engine', () => {
    it('goes before what would be chosen', () => {
      expect(chooseEngine(facts(LIBVIRT), 'uml').engine).to.equal('uml');
      expect(chooseEngine(facts(LIBVIRT, NO_KVM), 'vagrant-libvirt')).to.include({
        engine: 'vagrant-libvirt',
        driver: 'qemu',
      });
    });

    it('is refused with the reason and what to do', () => {
      expect(refusal(facts(), 'vagrant-libvirt')).to.match(
        /vagrant-libvirt cannot run on this computer: Vagrant is not installed\.\nTo do: .*apt-get/,
      );
      expect(refusal(facts(REFUSED), 'uml')).to.match(/uml cannot run.*: refused\.\nTo do: allow it/);
      expect(refusal(facts({ platform: 'darwin' }), 'uml')).to.match(/leave out --engine/);
    });
  });
});
