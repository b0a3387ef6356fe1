import type { CheckedMachine, Checks } from '../../tasks/exercises/checks/vocabulary/index.ts';
import { watchedBy } from '../haproxy.ts';

const VISITOR = '203.0.113.7';

export default ((lab) => {
  const [client, lb, web1, web2] = [
    lab.machine('client'),
    lab.machine('lb1'),
    lab.machine('web1'),
    lab.machine('web2'),
  ];
  const here = `${lab.host}:443:${lb.address}`;
  const front = `https://${lab.host}/`;
  const inClear = client.http('http://lb1/');
  const plainly = client.http('http://lb1/', { follow: true, insecure: true, times: 4 });
  const secure = client.http(front, { resolve: here, headers: [`X-Forwarded-For: ${VISITOR}`] });
  const watched = (web: CheckedMachine) => watchedBy(lab, lb, web);

  return {
    1: [
      lb.service('haproxy').isRunning(),
      lb.service('haproxy').isEnabled(),
      plainly.answers(200),
      // The page says which machine made it.
      plainly.isServedBy(['>web1<', '>web2<']),
      ...lab.own(lb.file('/etc/haproxy/haproxy.cfg').contains(`description ${lab.vary('site')}`)),
    ],
    2: [watched(web1), watched(web2)],
    3: [secure.answers(200), inClear.redirectsTo(/^https:/), secure.shows('visitor', client.address)],
    4: [
      client
        .command(
          // Some of them come to web1 first, some to web2; at the same time, each told as a whole.
          `for visitor in 1 2 3 4; do { told=$(curl -sk --max-time 5 -b '' -w '\\n' --resolve ${here} ${front}session{,,}); echo "$told"; } & done; wait`,
          {
            title: {
              en: 'four visitors, three visits of each, counted',
              fr: 'quatre visiteurs, trois visites de chacun, comptées',
            },
          },
        )
        .prints(/("count":1\b[\s\S]*?"count":2\b[\s\S]*?"count":3\b[\s\S]*?){4}/),
    ],
    5: [
      secure.header('X-Load-Balancer', /^lb1$/),
      // An answer that HAProxy gives itself: rules of `http-response` do not see it.
      inClear.header('X-Load-Balancer', /^lb1$/),
      // The machine's name, not a word: lb2 runs the same file.
      lb.file('/etc/haproxy/haproxy.cfg').lacks(/^[^#\n]*X-Load-Balancer[^#\n]*\blb1\b/im, {
        en: 'the name lb1 in the rule that sets X-Load-Balancer',
        fr: 'le nom lb1 dans la règle qui pose X-Load-Balancer',
      }),
    ],
  };
}) satisfies Checks;
