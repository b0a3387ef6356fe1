"""The sample application (docs/sample-application.md)."""

import asyncio
import hashlib
import json
import random

import aiohttp

from visitor import Connections, ask
from problem import Problem, cause_of

SESSIONS = 4
"""Visitors that are logged in; a session serves one request at a time."""
AT_A_TIME = 4
"""Requests at a time while reading back."""
TRIES = 5
PIECE = 1 << 15


class Sample:
    def __init__(self, config):
        self.prefix = config["prefix"]
        self.size = config["size"]
        self.large_size = config["largeSize"]
        self.large_rate = config["largeRate"]
        self.login = {"name": config["user"], "password": config["password"]}
        self.auth = {"Authorization": aiohttp.BasicAuth(config["user"], config["password"]).encode()}
        self.base = config["url"]
        self.first_row = 0

    async def __aenter__(self):
        self.connections = Connections(self.base)
        self.visitors = [self.connections.session(cookies=True) for _ in range(SESSIONS)]
        return self

    async def __aexit__(self, *_):
        await self.connections.close()

    async def prepare(self):
        """Logs in, leaves a file to download and finds out where the rows begin. Returns what went wrong, if anything."""
        for step in (self.log_in, self.clean, self.leave_file, self.begin_rows):
            try:
                async with asyncio.timeout(30):
                    await step()
            except Exception as error:
                return f"{step.__name__}: {str(error) if isinstance(error, Problem) else cause_of(error)}"
        return None

    async def log_in(self):
        for visitor in self.visitors:
            await ask(visitor, None, "POST", "/session", (200,), json=self.login)

    async def clean(self):
        """What an interrupted drill left."""
        _, _, body = await ask(self.connections.kept[0], None, "GET", "/files", (200,), headers=self.auth)
        await self.remove([name for name in json.loads(body)["files"] if name.startswith("drill-")])

    async def leave_file(self):
        await self.put(self.file_name("read", 0), "read", 0, self.size, None)

    async def begin_rows(self):
        _, _, body = await self.post_row(f"{self.prefix} begin", None)
        self.first_row = json.loads(body)["id"]

    def kinds(self):
        return {
            "page.new": lambda _number, trace: ask(self.connections.new, trace, "GET", "/machine", (200,)),
            "page.kept": lambda number, trace: ask(self.connections.kept_for(number), trace, "GET", "/machine", (200,)),
            "session": self.read_session,
            "row": lambda number, trace: self.post_row(self.row_text(number), trace),
            "upload": lambda number, trace: self.put(self.file_name("upload", number), "upload", number, self.size, trace),
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

    async def read_session(self, number, trace):
        _, _, body = await ask(self.visitors[number % SESSIONS], trace, "GET", "/session", (200,))
        if json.loads(body)["user"] != self.login["name"]:
            raise Problem("session lost")

    def row_text(self, number):
        return f"{self.prefix} row {number}"

    async def post_row(self, text, trace):
        answer = await ask(self.connections.new, trace, "POST", "/rows", (201,), json={"text": text}, headers=self.auth)
        if trace is not None:
            # Which database took it says more than which web machine passed it on.
            trace.machine = json.loads(answer[2])["server"]
        return answer

    def file_name(self, kind, number):
        return f"drill-{self.prefix}-{kind}-{number}"

    def content(self, kind, number, size):
        """Of its own for each file and made again for comparing."""
        return random.Random(f"{self.prefix} {kind} {number}").randbytes(size)

    async def put(self, name, kind, number, size, trace):
        content = self.content(kind, number, size)
        headers = self.auth | {"X-Sha256": hashlib.sha256(content).hexdigest()}
        await ask(self.connections.new, trace, "PUT", f"/files/{name}", (200, 201), data=content, headers=headers)

    async def put_large(self, number, trace):
        """An upload that takes its time: at a fixed rate, as over a slow line."""
        content = self.content("large", number, self.large_size)

        async def pieces():
            for start in range(0, len(content), PIECE):
                yield content[start : start + PIECE]
                await asyncio.sleep(PIECE / self.large_rate)

        headers = self.auth | {"X-Sha256": hashlib.sha256(content).hexdigest(), "Content-Length": str(len(content))}
        name = self.file_name("large", number)
        await ask(self.connections.new, trace, "PUT", f"/files/{name}", (200, 201), data=pieces(), headers=headers)

    async def download(self, _number, trace):
        name = self.file_name("read", 0)
        _, _, body = await ask(self.connections.new, trace, "GET", f"/files/{name}", (200,), headers=self.auth)
        if body != self.content("read", 0, self.size):
            raise Problem("wrong content")

    async def find_rows(self, _numbers):
        """How often each row is there, by number; None when they cannot be read."""
        # A database that takes over may count from a little below what the other one had reached.
        after = max(0, self.first_row - 1000)
        counts = {}
        start = f"{self.prefix} row "
        while True:
            try:
                body = await self.insist("GET", f"/rows?after={after}&limit=10000")
            except Exception:
                return None
            rows = json.loads(body)["rows"]
            for row in rows:
                if row["text"].startswith(start):
                    number = row["text"][len(start) :]
                    counts[number] = counts.get(number, 0) + 1
            if len(rows) < 10000:
                return counts
            after = rows[-1]["id"]

    async def find_files(self, kind, numbers, size):
        """Of each written file: ok, damaged or missing; None when that cannot be told."""
        found = {}
        places = asyncio.Semaphore(AT_A_TIME)

        async def look(number):
            async with places:
                expected = hashlib.sha256(self.content(kind, number, size)).hexdigest()
                try:
                    hash_there = await self.insist("HEAD", f"/files/{self.file_name(kind, number)}")
                    found[str(number)] = "ok" if hash_there == expected else "damaged"
                except Problem as problem:
                    if str(problem) != "404":
                        raise
                    found[str(number)] = "missing"

        try:
            await asyncio.gather(*(look(number) for number in numbers))
        except Exception:
            return None
        return found

    async def insist(self, method, path):
        """The body (HEAD: the file's checksum), asked for several times: here it matters what is there, not when."""
        for left in reversed(range(TRIES)):
            try:
                async with asyncio.timeout(20):
                    _, headers, body = await ask(self.connections.kept[0], None, method, path, (200,), headers=self.auth)
                    return headers["X-Sha256"] if method == "HEAD" else body
            except Exception as error:
                if left == 0 or str(error) == "404":
                    raise
                await asyncio.sleep(2)

    async def remove(self, names):
        places = asyncio.Semaphore(AT_A_TIME)

        async def one(name):
            async with places:
                await ask(self.connections.kept[0], None, "DELETE", f"/files/{name}", (200, 404), headers=self.auth)

        await asyncio.gather(*(one(name) for name in names))

    async def tidy(self):
        """Removes the files of this drill; what cannot be removed goes before the next one."""
        try:
            async with asyncio.timeout(120):
                await self.clean()
        except Exception:
            return
