import type { BuildOptions } from '../artifacts/build.ts';
import type { Engine } from '../engines/engine.ts';
import { sshTimeouts } from '../remote/ssh.ts';
import { timeoutFactorOf } from '../roles/timers.ts';
import type { Environment } from './record.ts';

/** The engine that a lab was created with. Its machines are waited for as long as the lab's timers ask for. */
export async function openEngine(environment: Environment, build: BuildOptions = {}): Promise<Engine> {
  const engine = await makeEngine(environment, build);
  const hosts = engine.sshHosts.bind(engine);
  engine.sshHosts = async () => {
    // Asked each time: `lab up` may give the lab other timers.
    const timeoutFactor = timeoutFactorOf(environment);
    const all = await hosts();
    return timeoutFactor === 1 ? all : all.map((host) => ({ ...host, ...sshTimeouts(timeoutFactor) }));
  };
  return engine;
}

async function makeEngine(environment: Environment, build: BuildOptions): Promise<Engine> {
  if (environment.record.engine === 'uml') {
    const { UmlEngine } = await import('../engines/uml/engine.ts');
    const { ensureImage } = await import('../artifacts/build.ts');
    return new UmlEngine(environment, (report, digests) => ensureImage(build, report, digests));
  }
  const { VagrantEngine } = await import('../engines/vagrant/engine.ts');
  const provider = environment.record.engine === 'vagrant-libvirt' ? 'libvirt' : 'virtualbox';
  return new VagrantEngine(environment, provider, environment.record.driver ?? 'kvm');
}
