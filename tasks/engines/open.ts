import type { BuildOptions } from '../image/build.ts';
import type { Lab } from '../lab/lab.ts';
import type { Engine } from './engine.ts';

/** The engine that a lab was created with. */
export async function openEngine(lab: Lab, build: BuildOptions = {}): Promise<Engine> {
  if (lab.record.engine === 'uml') {
    const { UmlEngine } = await import('./uml/engine.ts');
    const { ensureImage } = await import('../image/build.ts');
    return new UmlEngine(lab, (report, digests) => ensureImage(build, report, digests));
  }
  const { VagrantEngine } = await import('./vagrant/engine.ts');
  const provider = lab.record.engine === 'vagrant-libvirt' ? 'libvirt' : 'virtualbox';
  return new VagrantEngine(lab, provider, lab.record.driver ?? 'kvm');
}
