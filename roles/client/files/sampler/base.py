"""What every application has in common: contents of their own for each file, uploads, and reading back."""

import asyncio
import hashlib
import random

import aiohttp

from problem import Problem, cause_of
from visitor import Connections, ask

VISITORS = 4
"""Visitors that are logged in; a session serves one request at a time."""
AT_A_TIME = 4
"""Requests at a time while reading back."""
TRIES = 5
PIECE = 1 << 15
STALE = "stale read"
"""What was acknowledged is not there, or not as it was written (verdict.ts)."""


class Application:
    """Subclasses: steps of prepare(), page, read_session, add_row, find_rows, path_of, and how a file is compared."""

    def __init__(self, config):
        self.prefix = config["prefix"]
        self.size = config["size"]
        self.large_size = config["largeSize"]
        self.large_rate = config["largeRate"]
        self.user, self.password = config["user"], config["password"]
        self.auth = {"Authorization": aiohttp.BasicAuth(self.user, self.password).encode()}
        self.base = config["url"]
        # The latest upload that was acknowledged.
        self.newest = None

    async def __aenter__(self):
        self.connections = Connections(self.base)
        self.visitors = [self.connections.session(cookies=True) for _ in range(VISITORS)]
        return self

    async def __aexit__(self, *_):
        await self.connections.close()

    async def prepare(self):
        """Logs in, removes what an interrupted drill left, leaves a file to download. Returns what went wrong, if anything."""
        for step in (self.log_in, self.clean, self.leave_file, self.begin_rows):
            try:
                async with asyncio.timeout(60):
                    await step()
            except Exception as error:
                return f"{step.__name__}: {str(error) if isinstance(error, Problem) else cause_of(error)}"
        return None

    def kinds(self):
        return {
            "page.new": lambda _number, trace: self.page(self.connections.new, trace),
            "page.kept": lambda number, trace: self.page(self.connections.kept_for(number), trace),
            "session": lambda number, trace: self.read_session(self.visitors[number % VISITORS], trace),
            "row": lambda number, trace: self.add_row(self.row_text(number), trace),
            "upload": self.upload,
            "download": self.download,
            "large": self.put_large,
        }

    def writes(self):
        """Kinds that write, and how each is read back."""
        return {
            "row": self.find_rows,
            "upload": lambda numbers: self.find_files("upload", numbers, self.size),
            "large": lambda numbers: self.find_files("large", numbers, self.large_size),
        }

    def row_text(self, number):
        return f"{self.prefix} row {number}"

    def file_name(self, kind, number):
        return f"drill-{self.prefix}-{kind}-{number}"

    def content(self, kind, number, size):
        """Of its own for each file and made again for comparing."""
        return random.Random(f"{self.prefix} {kind} {number}").randbytes(size)

    def headers_for(self, content):
        return self.auth | {"X-Sha256": hashlib.sha256(content).hexdigest()}

    async def leave_file(self):
        await self.put("read", 0, self.size, None)

    async def put(self, kind, number, size, trace):
        content = self.content(kind, number, size)
        path = self.path_of(self.file_name(kind, number))
        await ask(self.connections.new, trace, "PUT", path, (200, 201, 204), data=content, headers=self.headers_for(content))

    async def put_large(self, number, trace):
        """An upload that takes its time: at a fixed rate, as over a slow line."""
        content = self.content("large", number, self.large_size)

        async def pieces():
            for start in range(0, len(content), PIECE):
                yield content[start : start + PIECE]
                await asyncio.sleep(PIECE / self.large_rate)

        headers = self.headers_for(content) | {"Content-Length": str(len(content))}
        path = self.path_of(self.file_name("large", number))
        await ask(self.connections.new, trace, "PUT", path, (200, 201, 204), data=pieces(), headers=headers)

    async def upload(self, number, trace):
        await self.put("upload", number, self.size, trace)
        self.newest = number if self.newest is None else max(self.newest, number)

    async def download(self, _number, trace):
        """What was acknowledged last, over a connection of its own and so through any web machine: whoever acknowledges it must have it."""
        kind, number = ("read", 0) if self.newest is None else ("upload", self.newest)
        path = self.path_of(self.file_name(kind, number))
        try:
            _, _, body = await ask(self.connections.new, trace, "GET", path, (200,), headers=self.auth)
        except Problem as problem:
            raise Problem(STALE) if str(problem) == "404" else problem
        if body != self.content(kind, number, self.size):
            raise Problem(STALE)

    async def find_files(self, kind, numbers, size):
        """Of each written file: ok, damaged or missing; None when that cannot be told."""
        found = {}
        places = asyncio.Semaphore(AT_A_TIME)

        async def look(number):
            async with places:
                expected = hashlib.sha256(self.content(kind, number, size)).hexdigest()
                try:
                    there = await self.checksum(self.path_of(self.file_name(kind, number)))
                    found[str(number)] = "ok" if there == expected else "damaged"
                except Problem as problem:
                    if str(problem) != "404":
                        raise
                    found[str(number)] = "missing"

        try:
            await asyncio.gather(*(look(number) for number in numbers))
        except Exception:
            return None
        return found

    async def checksum(self, path):
        """Of what the service holds: the whole file, as nothing else can be trusted everywhere."""
        _, body = await self.insist("GET", path)
        return hashlib.sha256(body).hexdigest()

    async def insist(self, method, path, good=(200,), headers_too=None, **options):
        """Headers and body, asked for several times: here it matters what is there, not when."""
        for left in reversed(range(TRIES)):
            try:
                async with asyncio.timeout(20):
                    session = self.connections.kept[0]
                    sent = self.auth | (headers_too or {})
                    _, headers, body = await ask(session, None, method, path, good, headers=sent, **options)
                    return headers, body
            except Exception as error:
                if left == 0 or str(error) == "404":
                    raise
                await asyncio.sleep(2)

    async def remove(self, paths):
        places = asyncio.Semaphore(AT_A_TIME)

        async def one(path):
            async with places:
                await ask(self.connections.kept[0], None, "DELETE", path, (200, 204, 404), headers=self.auth)

        await asyncio.gather(*(one(path) for path in paths))

    async def tidy(self):
        """Removes what this drill left; what cannot be removed goes before the next one."""
        try:
            async with asyncio.timeout(120):
                await self.clean()
        except Exception:
            return
