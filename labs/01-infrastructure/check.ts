import type { Checks } from '../../tasks/exercises/checks/vocabulary/index.ts';

const page = (name: string) => `http://${name}/`;

export default ((lab) => {
  const [client, web1, web2] = [lab.machine('client'), lab.machine('web1'), lab.machine('web2')];
  const inventory = client.file('/root/inventory');
  const names = client.command('getent ahostsv4 page.test', {
    title: {
      en: 'page.test has the addresses of web1 and web2',
      fr: 'page.test a les adresses de web1 et de web2',
    },
  });
  /** The page of one machine, as a visitor sees it, and after a restart of the machine too. */
  const published = (machine: typeof web1) => [
    machine.service('apache2').isRunning(),
    machine.service('apache2').isEnabled(),
    machine.listens(80),
    client.http(page(machine.name)).answers(200),
    client.http(page(machine.name)).contains(machine.name),
    client.http(page(machine.name)).contains(lab.vary('motto')),
  ];
  return {
    1: lab.topology.machines.map((machine) =>
      inventory.contains(new RegExp(`^${machine.name}\\s+${machine.address}$`, 'm')),
    ),
    2: published(web1),
    3: published(web2),
    4: [
      names.prints(`${web1.address} `),
      names.prints(`${web2.address} `),
      client.http('http://page.test/').answers(200),
      // The browser of a visitor goes on to the other address by itself: that is all the redundancy there is here.
      lab.survives('web1-down', { url: 'http://page.test/' }).withOutageOfAtMost(1),
    ],
  };
}) satisfies Checks;
