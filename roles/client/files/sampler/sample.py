"""The sample application (docs/sample-application.md)."""

import json

from base import Application
from problem import Problem
from visitor import ask


class Sample(Application):
    first_row = 0

    async def log_in(self):
        for visitor in self.visitors:
            await ask(visitor, None, "POST", "/session", (200,), json={"name": self.user, "password": self.password})

    async def clean(self):
        _, body = await self.insist("GET", "/files")
        await self.remove([self.path_of(name) for name in json.loads(body)["files"] if name.startswith("drill-")])

    async def begin_rows(self):
        body = await self.add_row(f"{self.prefix} begin", None)
        self.first_row = json.loads(body)["id"]

    def path_of(self, name):
        return f"/files/{name}"

    async def page(self, session, trace):
        await ask(session, trace, "GET", "/machine", (200,))

    async def read_session(self, visitor, trace):
        _, _, body = await ask(visitor, trace, "GET", "/session", (200,))
        if json.loads(body)["user"] != self.user:
            raise Problem("session lost")

    async def add_row(self, text, trace):
        _, _, body = await ask(self.connections.new, trace, "POST", "/rows", (201,), json={"text": text}, headers=self.auth)
        if trace is not None:
            # Which database took it says more than which web machine passed it on.
            trace.machine = json.loads(body)["server"]
        return body

    async def find_rows(self, _numbers):
        """How often each row is there, by number; None when they cannot be read."""
        # A database that takes over may count from a little below what the other one had reached.
        after = max(0, self.first_row - 1000)
        counts = {}
        start = self.row_text("")
        while True:
            try:
                _, body = await self.insist("GET", f"/rows?after={after}&limit=10000")
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

    async def checksum(self, path):
        headers, _ = await self.insist("HEAD", path)
        return headers["X-Sha256"]
