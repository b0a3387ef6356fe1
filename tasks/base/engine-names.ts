/** What machines can run on; what each needs of a computer and how it is driven is known further up. */
export const ENGINE_NAMES = ['uml', 'vagrant-libvirt', 'vagrant-virtualbox'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];
