#!/usr/bin/env node
// Sends requests at a fixed rate, whether or not earlier ones were answered, and tells how long the answers took.
//
// A request's time runs from the moment it was due, not from the moment it could be sent: a service that stands still
// for a second delays every request that was due in that second, and each of them counts (no coordinated omission).
// At most `connections` are at work at a time; the others wait, and their waiting counts too.
//
// By hand: lab-load https://lab.test/ --rate 20 --seconds 10. `lab load` sends a plan (JSON) on the standard input:
//   { url, seconds, timeout, streams: [{ name, rate, connections, method, path, headers, size, checksum, cleanup }] }
// {slot} in a path is the number of the connection. Prints a line of JSON each second and the result as the last one.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createHistogram, performance } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import { createSecureContext } from 'node:tls';
import { parseArgs } from 'node:util';

/** Microseconds; the longest a request can take is far below. */
const HISTOGRAM = { lowest: 1, highest: 600_000_000, figures: 3 };
/** The lab's own authority: Node does not read the system's list. */
const AUTHORITY = '/usr/local/share/ca-certificates/lab-ca.crt';
const PERCENTILES = { p50: 50, p90: 90, p99: 99, p999: 99.9 };

async function planOf() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      plan: { type: 'boolean', default: false },
      rate: { type: 'string', default: '20' },
      seconds: { type: 'string', default: '10' },
      connections: { type: 'string', default: '32' },
      timeout: { type: 'string', default: '10' },
    },
  });
  if (values.plan) return JSON.parse(await text(process.stdin));
  if (!positionals[0]) throw new Error('usage: lab-load URL [--rate N] [--seconds N] [--connections N] [--timeout N]');
  const url = new URL(positionals[0]);
  return {
    url: url.origin,
    seconds: Number(values.seconds),
    timeout: Number(values.timeout),
    streams: [
      {
        name: 'page',
        method: 'GET',
        path: url.pathname + url.search,
        rate: Number(values.rate),
        connections: Number(values.connections),
      },
    ],
  };
}

/** One kind of request at its own rate. */
class Stream {
  constructor(plan, settings) {
    Object.assign(this, { plan, settings });
    const { protocol } = new URL(plan.url);
    this.client = protocol === 'https:' ? https : http;
    this.agent = new this.client.Agent({
      keepAlive: true,
      maxSockets: settings.connections,
      // One for all connections: it takes longer to make than a connection.
      ...(existsSync(AUTHORITY) ? { secureContext: createSecureContext({ ca: readFileSync(AUTHORITY) }) } : {}),
    });
    this.body = settings.size ? randomBytes(settings.size) : undefined;
    this.total = Math.max(1, Math.round(plan.seconds * settings.rate));
    /** Numbers of the connections that are free, and the visitor's cookie on each. */
    this.free = Array.from({ length: settings.connections }, (_, index) => settings.connections - 1 - index);
    this.cookies = [];
    this.used = 0;
    this.waiting = [];
    this.scheduled = 0;
    this.counts = { sent: 0, served: 0, failed: 0, bytes: 0 };
    this.causes = {};
    this.servedBy = {};
    this.latency = createHistogram(HISTOGRAM);
    this.service = createHistogram(HISTOGRAM);
    this.lateness = createHistogram(HISTOGRAM);
    this.work = 0;
    this.last = 0;
  }

  /** Starts what is due at `now` (milliseconds since the beginning); false when everything has been scheduled. */
  schedule(now) {
    while (this.scheduled < this.total && (this.scheduled * 1000) / this.settings.rate <= now) {
      const due = (this.scheduled * 1000) / this.settings.rate;
      this.scheduled += 1;
      if (this.free.length > 0 && this.waiting.length === 0) {
        this.lateness.record(Math.max(1, Math.round((now - due) * 1000)));
        this.start(due);
      } else this.waiting.push(due);
    }
    return this.scheduled < this.total;
  }

  /** Milliseconds until the next one is due. */
  next(now) {
    if (this.scheduled >= this.total) return Number.POSITIVE_INFINITY;
    return Math.max(0, (this.scheduled * 1000) / this.settings.rate - now);
  }

  get open() {
    return this.scheduled < this.total || this.waiting.length > 0 || this.free.length < this.settings.connections;
  }

  start(due) {
    const slot = this.free.pop();
    this.used = Math.max(this.used, slot + 1);
    this.counts.sent += 1;
    const began = performance.now();
    this.request(slot, this.settings.method, this.body, true)
      .then(
        ({ status, machine }) => {
          if (status >= 200 && status < 300) {
            this.counts.served += 1;
            this.counts.bytes += this.body?.length ?? 0;
            this.servedBy[machine] = (this.servedBy[machine] ?? 0) + 1;
            const now = performance.now();
            this.latency.record(Math.max(1, Math.round((now - this.plan.zero - due) * 1000)));
            this.service.record(Math.max(1, Math.round((now - began) * 1000)));
          } else this.fail(`status ${status}`);
        },
        (error) => this.fail(error.code ?? error.message),
      )
      .finally(() => {
        this.last = performance.now() - this.plan.zero;
        this.work += performance.now() - began;
        this.free.push(slot);
        this.startWaiting();
      });
  }

  startWaiting() {
    const now = performance.now() - this.plan.zero;
    while (this.waiting.length > 0 && this.free.length > 0) {
      const due = this.waiting.shift();
      if (now - due > this.plan.timeout * 1000) this.fail('no connection free in time');
      else this.start(due);
    }
  }

  fail(cause) {
    this.counts.failed += 1;
    this.causes[cause] = (this.causes[cause] ?? 0) + 1;
  }

  request(slot, method, body, again) {
    const path = this.settings.path.replace('{slot}', slot);
    const headers = { ...this.settings.headers };
    if (body) headers['content-length'] = body.length;
    if (body && this.settings.checksum) {
      this.sum ??= createHash('sha256').update(body).digest('hex');
      headers[this.settings.checksum] = this.sum;
    }
    if (this.cookies[slot]) headers.cookie = this.cookies[slot];
    return new Promise((resolve, reject) => {
      const request = this.client.request(
        this.plan.url + path,
        { method, headers, agent: this.agent, signal: AbortSignal.timeout(this.plan.timeout * 1000) },
        (response) => {
          const cookie = response.headers['set-cookie']?.map((cookie) => cookie.split(';')[0]).join('; ');
          if (cookie) this.cookies[slot] = cookie;
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode, machine: response.headers['x-served-by'] ?? '?' }),
          );
          response.resume();
        },
      );
      request.on('error', (error) => {
        // A kept connection that the server closed just now: any client sends again what may be repeated.
        if (again && request.reusedSocket && error.code === 'ECONNRESET')
          this.request(slot, method, body, false).then(resolve, reject);
        else reject(error.name === 'TimeoutError' || error.code === 'ABORT_ERR' ? new Error('timeout') : error);
      });
      request.end(body);
    });
  }

  /** Removes what was uploaded. */
  async cleanup() {
    if (this.settings.cleanup) {
      for (let slot = 0; slot < this.used; slot += 1)
        await this.request(slot, 'DELETE', undefined, true).catch(() => undefined);
    }
    this.agent.destroy();
  }

  result() {
    const seconds = Math.max(this.plan.seconds, this.last / 1000);
    return {
      name: this.settings.name,
      rate: this.settings.rate,
      requests: this.total,
      ...this.counts,
      seconds: round(seconds),
      /** Answers a second, over the time until the last of them. */
      throughput: round(this.counts.served / seconds),
      /** Connections at work on average. */
      busy: round(this.work / 1000 / seconds),
      causes: this.causes,
      servedBy: this.servedBy,
      latency: summary(this.latency),
      service: summary(this.service),
      lateness: summary(this.lateness),
    };
  }
}

const round = (value) => Number(value.toFixed(4));

/** Seconds. */
function summary(histogram) {
  if (histogram.count === 0) return null;
  const values = Object.entries(PERCENTILES).map(([name, share]) => [name, round(histogram.percentile(share) / 1e6)]);
  return { ...Object.fromEntries(values), mean: round(histogram.mean / 1e6), max: round(histogram.max / 1e6) };
}

async function main() {
  const plan = await planOf();
  const cpu = process.cpuUsage();
  const streams = plan.streams.map((settings) => new Stream(plan, settings));
  plan.zero = performance.now();
  const now = () => performance.now() - plan.zero;
  const sum = (pick) => streams.reduce((all, stream) => all + pick(stream), 0);
  const ticker = setInterval(() => {
    console.log(
      JSON.stringify({
        second: Math.round(now() / 1000),
        served: sum((stream) => stream.counts.served),
        failed: sum((stream) => stream.counts.failed),
        waiting: sum((stream) => stream.waiting.length),
      }),
    );
  }, 1000);
  while (streams.some((stream) => stream.schedule(now())))
    await new Promise((resolve) => setTimeout(resolve, Math.min(...streams.map((stream) => stream.next(now())))));
  while (streams.some((stream) => stream.open)) await new Promise((resolve) => setTimeout(resolve, 10));
  clearInterval(ticker);
  const used = process.cpuUsage(cpu);
  const result = {
    seconds: round(now() / 1000),
    /** Share of one processor that this program took. */
    generator: round((used.user + used.system) / 1000 / now()),
    streams: streams.map((stream) => stream.result()),
  };
  await Promise.all(streams.map((stream) => stream.cleanup()));
  console.log(JSON.stringify({ result }));
}

try {
  await main();
} catch (error) {
  console.error(`lab-load: ${error.message}`);
  process.exitCode = 1;
}
