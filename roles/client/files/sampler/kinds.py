"""The kinds of requests: how often, on which connections, with what time limit; what each does is the application's."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

from problem import Problem, cause_of


@dataclasses.dataclass
class Kind:
    name: str
    interval: float
    timeout: float
    offset: float
    work: Callable[[int, Any], Awaitable[None]]
    found: Callable[[], Awaitable[dict[str, Any] | None]] | None
    always: bool
    written: list[int] | None

    async def request(self, number):
        """Does one request. Returns why it was not served ("": it was), by which machine, and whether a connection was opened."""
        trace = Trace()
        if self.written is not None:
            self.written.append(number)
        try:
            async with asyncio.timeout(self.timeout):
                await self.work(number, trace)
            return "", trace.machine, trace.opened
        except TimeoutError:
            return "timeout", trace.machine, trace.opened
        except Problem as problem:
            return str(problem), trace.machine, trace.opened
        except Exception as error:
            return cause_of(error), trace.machine, trace.opened


class Trace:
    """What a request learned on its way."""

    def __init__(self):
        self.machine = ""
        self.opened = False


def plan(application, settings):
    """The kinds that are asked for and that the application has. Starts are spread, so that they do not come together."""
    kinds = []
    for place, (name, given) in enumerate(settings.items()):
        work = application.kinds().get(name)
        if work is None:
            continue
        written = [] if name in application.writes() else None
        found = application.writes().get(name)
        kind = Kind(
            name=name,
            interval=given["interval"],
            timeout=given["timeout"],
            offset=0.05 + 0.013 * place,
            work=work,
            found=(lambda found=found, written=written: found(written)) if found else None,
            always=name == "large",
            written=written,
        )
        kinds.append(kind)
    return kinds
