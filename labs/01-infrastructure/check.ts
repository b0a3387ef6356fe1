import { plain, seen } from '../../tasks/exercises/checks/expectation.ts';
import { responsesOf } from '../../tasks/exercises/checks/vocabulary/http.ts';
import type { Checks } from '../../tasks/exercises/checks/vocabulary/index.ts';
import { STOPS, stopsOf } from '../apache.ts';
import { noticed, WATCH, watchedOf } from './watch.ts';

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
  const webs = [web1, web2].map(({ name }) => ({ name, probe: { kind: 'http', url: page(name) } as const }));
  const notice = Number(lab.vary('notice'));
  const within = lab.paced(notice, 3 * notice);
  const watch = { machine: 'client', probe: WATCH };

  /** Told as a visitor finds it at this moment, by whatever looks. */
  const truthful = lab.that(
    {
      en: '/root/watch on the client is fresh, and says of each web machine what a visitor finds',
      fr: '/root/watch sur le client est récent, et dit de chaque machine web ce que trouve un visiteur',
    },
    [watch, ...webs.map(({ probe }) => ({ machine: 'client', probe }))],
    (facts) => {
      const { age, now } = watchedOf(facts.answer('client', WATCH).out);
      const found = webs.map(({ name, probe }) => {
        const served = responsesOf(facts.answer('client', probe), 'client').every(
          ({ status }) => status === 200,
        );
        return { name, state: served ? 'up' : 'lost', said: now.get(name) ?? '-' };
      });
      if (age <= within + 1 && found.every(({ state, said }) => state === said)) return;
      const told = found.map(({ name, said }) => `${name} ${said}`).join(', ');
      throw lab.unmet(
        {
          en: `${found.map(({ name, state }) => `${name} ${state}`).join(', ')}, at most ${within} s old`,
          fr: `${found.map(({ name, state }) => `${name} ${state}`).join(', ')}, ${within} s au plus`,
        },
        Number.isNaN(age)
          ? { en: 'no such file', fr: "ce fichier n'existe pas" }
          : { en: `${told}, ${age} s old`, fr: `${told}, il y a ${age} s` },
        plain('lab ssh client -- cat /root/watch'),
      );
    },
  );
  const soon = lab.that(
    {
      en: '/root/losses on the client has a loss of web1, noticed soon after Apache was stopped there, and its return',
      fr: "/root/losses sur le client a une perte de web1, remarquée peu après l'arrêt d'Apache, et son retour",
    },
    [watch, { machine: 'web1', probe: STOPS }],
    (facts) => {
      const { out } = facts.answer('client', WATCH);
      const stops = stopsOf(facts.answer('web1', STOPS).out);
      if (noticed(watchedOf(out), 'web1', stops, within)) return;
      const last = stops.at(-1);
      throw lab.unmet(
        {
          en: `a line "… web1 lost" at most ${within} s after a stop${last ? ` (the last one: ${last})` : ''}, then "… web1 back"`,
          fr: `une ligne « … web1 lost » ${within} s au plus après un arrêt${last ? ` (le dernier : ${last})` : ''}, puis « … web1 back »`,
        },
        seen(out.split(/\n\n|^\n/)[1] ?? ''),
        plain('lab ssh client -- cat /root/losses'),
      );
    },
  );

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
    5: [truthful, soon],
  };
}) satisfies Checks;
