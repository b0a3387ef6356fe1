import { ROOT } from '../../../base/paths.ts';
import { type Inspections, parseSections } from '../../../inspect/facts.ts';
import { missingRedundancy } from '../../../inspect/redundancy.ts';
import { readRoles, rolesFor } from '../../../roles/roles.ts';
import type { Topology } from '../../../topology/model.ts';
import { type Expectation, plain, Unmet } from '../expectation.ts';
import type { Probe } from '../probe.ts';
import { drillScript } from './drill-script.ts';
import { ADDRESSES } from './network.ts';
import { unitProperties } from './service.ts';

/**
 * Everything that a drill wants before it begins: each part at work on every machine that has it, in sync, with all votes.
 * With `quiet` only the number of things that are missing is told: they are for the student to find.
 */
export function wholeService(topology: Topology, options: { quiet?: boolean } = {}): Expectation {
  const roles = readRoles(ROOT);
  const probeOf = drillScript('facts');
  const asked = topology.machines.map((machine) => {
    const services = [...new Set(rolesFor(roles, machine.roles).flatMap((role) => role.services))];
    const known = machine.roles.filter((role) => roles.has(role)).join(' ');
    // Other checks ask for units and addresses too, and all units are one question.
    const units = services.map((name): Probe => ({ kind: 'unit', name }));
    return { machine: machine.name, services, units, probe: probeOf(known) };
  });
  return {
    title: {
      en: 'everything serves, in sync and with all votes',
      fr: 'tout sert, à jour et avec toutes les voix',
    },
    needs: asked.flatMap(({ machine, units, probe }) =>
      [probe, ADDRESSES, ...units].map((probe) => ({ machine, probe: probe })),
    ),
    judge: (facts) => {
      const entries = asked.map(({ machine, services, units, probe }): [string, Inspections[string]] => {
        const told = parseSections(facts.answer(machine, probe).out);
        const states = units.map((unit) => unitProperties(facts.answer(machine, unit)).get('ActiveState'));
        const addresses = facts.answer(machine, ADDRESSES).out;
        const sections = { ...told, addresses, services: states.join('\n') };
        return [machine, { power: 'running', answers: told !== undefined, services, sections }];
      });
      const missing = missingRedundancy(topology, Object.fromEntries(entries), (role) => roles.has(role));
      if (missing.length === 0) return;
      const count = missing.length;
      throw new Unmet(
        { en: 'nothing is missing', fr: 'il ne manque rien' },
        options.quiet
          ? {
              en: `${count} thing${count > 1 ? 's are' : ' is'} not as it should be`,
              fr: `${count} chose${count > 1 ? 's ne sont' : " n'est"} pas comme il faut`,
            }
          : plain(missing.join('; ')),
        plain('lab status'),
      );
    },
  };
}
