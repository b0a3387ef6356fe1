import { join } from 'node:path';
import * as z from 'zod';
import { ROOT } from '../base/paths.ts';
import { readYaml } from '../base/yaml.ts';

const schema = z.strictObject({
  suite: z.string(),
  router_suite: z.string(),
  disk: z.int().min(2048),
  mirror: z.url(),
  security_mirror: z.url(),
  kernel: z.strictObject({ series: z.string(), oldest: z.string(), suites: z.array(z.string()).min(1) }),
});

/** packer/versions.yaml. */
export type Versions = z.infer<typeof schema>;

export function readVersions(): Versions {
  return schema.parse(readYaml(join(ROOT, 'packer', 'versions.yaml')));
}

const release = z.strictObject({
  release: z.string(),
  url: z.url(),
  key: z.url(),
  fingerprint: z.string().regex(/^[0-9A-F]{40}$/),
});

/** packer/nextcloud.yaml. */
export type Release = z.infer<typeof release>;

export function readRelease(): Release {
  return release.parse(readYaml(join(ROOT, 'packer', 'nextcloud.yaml')));
}
