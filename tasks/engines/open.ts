import type { BuildOptions } from '../image/build.ts';
import type { Lab } from '../lab/lab.ts';
import { timeoutFactorOf } from '../lab/timers.ts';
import { sshTimeouts } from '../remote/ssh.ts';
import type { Engine } from './engine.ts';

/** The engine that a lab was created with. Its machines are waited for as long as the lab's timers ask for. */
export async function openEngine(lab: Lab, build: BuildOptions = {}): Promise<Engine> {
  const engine = await makeEngine(lab, build);
  const hosts = engine.sshHosts.bind(engine);
  engine.sshHosts = async () => {
    // Asked each time: `lab up` may give the lab other timers.
    const timeoutFactor = timeoutFactorOf(lab);
    const all = await hosts();
    return timeoutFactor === 1 ? all : all.map((host) => ({ ...host, ...sshTimeouts(timeoutFactor) }));
  };
  return engine;
}

async function makeEngine(lab: Lab, build: BuildOptions): Promise<Engine> {
  if (lab.record.engine === 'uml') {
    const { UmlEngine } = await import('./uml/engine.ts');
    const { ensureImage } = await import('../image/build.ts');
    return new UmlEngine(lab, (report, digests) => ensureImage(build, report, digests));
  }
  const { VagrantEngine } = await import('./vagrant/engine.ts');
  const provider = lab.record.engine === 'vagrant-libvirt' ? 'libvirt' : 'virtualbox';
  return new VagrantEngine(lab, provider, lab.record.driver ?? 'kvm');
}
