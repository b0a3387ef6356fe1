import { join } from 'node:path';
import { readYaml } from '../base/yaml.ts';

/** roles/service.yaml: how the lab's service is reached. */
export interface ServiceFacts {
  host: string;
  health: string;
  /** Redis as a web machine reaches it, and the name of the replicated set. */
  sessions: { set: string; host: string; port: number };
  /** Where a load balancer's HAProxy answers 200 while it has a web machine that is up. */
  sight: { port: number };
}

export function readService(root: string): ServiceFacts {
  return readYaml(join(root, 'roles', 'service.yaml')) as ServiceFacts;
}
