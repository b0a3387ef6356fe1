import { type Expectation, type FactsView, plain, seen } from '../../tasks/exercises/checks/expectation.ts';
import type { Vocabulary } from '../../tasks/exercises/checks/vocabulary/index.ts';
import { STOPS, stopsOf } from '../apache.ts';
import { ARRIVED, inPieces, LARGE, MIB, REQUESTS, transferOf } from './pieces.ts';

/** So many whole pieces the file must have at least, for a loss to find it under way. */
const LEAST = 4;

/** The student's program sends other files while a fault is made, as long as `span` seconds; says whether the last one arrived whole. */
const trying = (lab: Vocabulary, bytes: number, span: number): string => `file=/var/tmp/tried
url=https://${lab.host}/remote.php/dav/files/admin/tried.bin user=admin:${lab.vary('admin')}
while true; do
  head -c ${bytes} /dev/urandom >$file
  /root/chunked $file tried.bin >&2 || { echo "failed, code $?"; exit; }
  ((SECONDS < ${span})) || break
done
set -o pipefail
until there=$(curl -sf -u "$user" $url | sha256sum); do sleep 1; done
[[ $there == "$(sha256sum <$file)" ]] && echo whole || echo different
curl -s -o /dev/null -u "$user" -X DELETE $url
rm $file`;

/** A large file is sent in pieces, and arrives whole whatever fails meanwhile. */
export function chunked(lab: Vocabulary): Expectation[] {
  const webs = [lab.machine('web1'), lab.machine('web2')];
  const each = Number(lab.vary('piece'));
  const large = { machine: 'client', probe: LARGE };
  const arrived = { machine: 'web1', probe: ARRIVED };
  const requests = webs.map(({ name }) => ({ machine: name, probe: REQUESTS }));
  const look = plain('lab ssh web1 -- tail /var/log/apache2/uploads.log');
  const sent = (facts: FactsView) => {
    const [size = '', sum = ''] = facts.answer('client', LARGE).out.split('\n');
    return { size: Number(size), sum };
  };
  const transfer = (facts: FactsView) =>
    transferOf(webs.map(({ name }) => facts.answer(name, REQUESTS).out).join('\n'), 'large.bin');
  const none = { en: 'no transfer in pieces', fr: 'aucun envoi par morceaux' };

  const program = lab
    .machine('client')
    .command('test -x /root/chunked', {
      title: {
        en: '/root/chunked on the client is a program',
        fr: '/root/chunked sur le client est un programme',
      },
    })
    .succeeds();

  const whole = lab.that(
    {
      en: `/root/large of the client, ${LEAST * each} MiB or more, is there as large.bin, to the letter`,
      fr: `/root/large du client, ${LEAST * each} Mio ou plus, est là sous le nom large.bin, à la lettre près`,
    },
    [large, arrived],
    (facts) => {
      const { size, sum } = sent(facts);
      const [there = ''] = facts.answer('web1', ARRIVED).out.split('\n');
      if (size >= LEAST * each * MIB && /^[0-9a-f]{64}$/.test(sum) && there === sum) return;
      throw lab.unmet(
        plain(`≥ ${LEAST * each * MIB}, ${sum || 'SHA-256'}`),
        plain(`${size || '-'}, ${/^[0-9a-f]{64}$/.test(there) ? there : '-'}`),
        plain('lab ssh client -- ls -l /root/large'),
      );
    },
  );

  const pieces = lab.that(
    {
      en: `large.bin came in pieces of ${each} MiB, all of it`,
      fr: `large.bin est arrivé par morceaux de ${each} Mio, en entier`,
    },
    [large, ...requests],
    (facts) => {
      const { size } = sent(facts);
      const found = transfer(facts);
      if (found && inPieces(found, each, size)) return;
      const largest = found ? (Math.max(...found.pieces) / MIB).toFixed(1) : '';
      const together = found?.pieces.reduce((sum, bytes) => sum + bytes, 0);
      throw lab.unmet(
        {
          en: `acknowledged pieces of ${each} MiB and what is left, ${size || '?'} bytes together`,
          fr: `des morceaux confirmés de ${each} Mio et le reste, ${size || '?'} octets en tout`,
        },
        found
          ? {
              en: `${found.pieces.length} pieces, the largest ${largest} MiB, ${together} bytes together`,
              fr: `${found.pieces.length} morceaux, le plus grand ${largest} Mio, ${together} octets en tout`,
            }
          : none,
        look,
      );
    },
  );

  const disturbed = lab.that(
    {
      en: 'Apache of a web machine was stopped between the first piece of large.bin and the last',
      fr: "l'Apache d'une machine web a été arrêté entre le premier morceau de large.bin et le dernier",
    },
    [...requests, ...webs.map(({ name }) => ({ machine: name, probe: STOPS }))],
    (facts) => {
      const found = transfer(facts);
      const stops = webs.flatMap(({ name }) => stopsOf(facts.answer(name, STOPS).out));
      // Whole seconds on both sides.
      if (found && stops.some((at) => at >= found.from - 1 && at <= found.to + 1)) return;
      const last = Math.max(...stops);
      throw lab.unmet(
        found
          ? {
              en: `a stop from ${found.from} to ${found.to}`,
              fr: `un arrêt entre ${found.from} et ${found.to}`,
            }
          : { en: 'a stop during a transfer', fr: 'un arrêt pendant un envoi' },
        found && stops.length > 0
          ? { en: `the last one: ${last}`, fr: `le dernier : ${last}` }
          : found
            ? plain('-')
            : none,
        plain('lab ssh web1 -- journalctl -u apache2 -g Stopping'),
      );
    },
  );

  const clean = lab.that(
    { en: "nothing is left in admin's uploads/", fr: "il ne reste rien dans le dossier uploads/ d'admin" },
    [arrived],
    (facts) => {
      const left = facts
        .answer('web1', ARRIVED)
        .out.split('\n')
        .filter((line) => line.startsWith('uploads/'));
      if (left.length === 0) return;
      throw lab.unmet(
        { en: 'nothing', fr: 'rien' },
        seen(left.join('\n')),
        plain(
          'lab ssh web1 -- setpriv --reuid=www-data --regid=www-data --init-groups ls -R /srv/shared/nextcloud/admin/uploads',
        ),
      );
    },
  );

  const how = {
    watch: trying(lab, (LEAST * each + 1) * MIB + 1, lab.paced(25, 90)),
    seconds: lab.paced(200, 600),
  };
  return [
    program,
    whole,
    pieces,
    disturbed,
    clean,
    lab.under('piece-cut', how).prints(/^whole$/m, {
      en: 'a file arrives whole while Apache of web1 dies with a piece in its hands',
      fr: "un fichier arrive entier alors que l'Apache de web1 meurt avec un morceau entre les mains",
    }),
    lab.under('storage-off', how).prints(/^whole$/m, {
      en: 'a file arrives whole while the machine that holds the storage loses its power',
      fr: 'un fichier arrive entier alors que la machine qui porte le stockage perd son alimentation',
    }),
  ];
}
