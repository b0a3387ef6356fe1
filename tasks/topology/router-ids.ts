import { FLOATING_NAMES, type FloatingName, type Topology } from './model.ts';

/** Lowest and highest virtual router identifier of VRRP. */
const [LOWEST, HIGHEST] = [1, 255];

/**
 * The virtual router identifier of each floating address, 1 to 255, no two alike: the last byte of the address, which is its own in a network
 * of at most 256 addresses. In a wider one the earlier address (FLOATING_NAMES) keeps it, the other one gets the lowest that is free.
 */
export function routerIds(floating: Topology['floating']): Partial<Record<FloatingName, number>> {
  const ids: Partial<Record<FloatingName, number>> = {};
  const taken = new Set<number>();
  const give = (name: FloatingName, id: number): void => {
    ids[name] = id;
    taken.add(id);
  };
  for (const name of FLOATING_NAMES) {
    const last = Number(floating[name]?.address.split('.')[3]);
    if (last >= LOWEST && last <= HIGHEST && !taken.has(last)) give(name, last);
  }
  for (const name of FLOATING_NAMES) {
    if (!floating[name] || ids[name] !== undefined) continue;
    let id = LOWEST;
    while (taken.has(id)) id += 1;
    give(name, id);
  }
  return ids;
}
