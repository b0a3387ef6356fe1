"""Connections to the service, as aiohttp sees them."""

import ssl

import aiohttp

from problem import Problem

KEPT = 4
"""Connections that are kept open; requests take turns, so that a dead one is met by several of them."""


def traced():
    """Tells the request's trace whether its connection was opened for it."""
    config = aiohttp.TraceConfig()

    async def opened(_session, context, _params):
        if context.trace_request_ctx is not None:
            context.trace_request_ctx.opened = True

    config.on_connection_create_end.append(opened)
    return config


class Connections:
    """New connections for each request (`new`), connections that stay (`kept`), and visitors with cookies of their own."""

    def __init__(self, base):
        self.base = base
        self.tls = ssl.create_default_context()
        self.all = []
        self.new = self.session(force_close=True)
        self.kept = [self.session() for _ in range(KEPT)]

    def session(self, cookies=False, force_close=False):
        connector = aiohttp.TCPConnector(ssl=self.tls, limit=0, force_close=force_close, ttl_dns_cache=None, keepalive_timeout=None if force_close else 12)
        jar = aiohttp.CookieJar() if cookies else aiohttp.DummyCookieJar()
        session = aiohttp.ClientSession(
            self.base,
            connector=connector,
            cookie_jar=jar,
            trace_configs=[traced()],
            timeout=aiohttp.ClientTimeout(total=None),
            # Bodies are compared and searched as they come.
            auto_decompress=False,
            headers={"Accept-Encoding": "identity"},
        )
        self.all.append(session)
        return session

    def kept_for(self, number):
        return self.kept[number % KEPT]

    async def close(self):
        for session in self.all:
            await session.close()


async def ask(session, trace, method, path, good, **options):
    """One request, its whole answer. Returns status, headers and body; raises Problem for a status that is not `good`."""
    async with session.request(method, path, allow_redirects=False, trace_request_ctx=trace, **options) as answer:
        if trace is not None:
            trace.machine = answer.headers.get("X-Served-By", "")
        body = await answer.read()
        if answer.status not in good:
            raise Problem(refusal(answer.status, answer.headers, body))
        return answer.status, answer.headers, body


def refusal(status, headers, body):
    """Status and who refused, as far as the answer says."""
    if "X-Served-By" not in headers:
        return f"{status} load balancer"
    marker = b'"part":"'
    place = body.find(marker)
    if place >= 0:
        start = place + len(marker)
        end = body.find(b'"', start)
        return f"{status} {body[start:end].decode()}"
    return str(status)
