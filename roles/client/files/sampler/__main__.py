"""Measures a lab's service from outside: python3 sampler <<< CONFIGURATION, then commands, one JSON object a line.

Open loop: a request of each kind starts at its fixed interval whether or not earlier ones were answered, so that a
stuck request hides nothing. Writes one line of JSON for each request as it ends, and one each second about the client
itself. Commands: {"do": "stop"} starts no more requests, {"do": "verify"} reads back what was written. It ends when its
standard input does, so that nothing is left running when whoever started it is gone.
"""

import asyncio
import json
import sys
import time

from application import applications
from client_state import watch_client
from kinds import plan
from output import Output
from pacing import always, pace


async def commands():
    """The lines of standard input, as they come."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


async def main():
    lines = commands()
    config = await anext(lines)
    output = Output()
    async with applications[config["app"]](config) as application:
        problem = await application.prepare()
        if problem:
            output.write({"t": "problem", "text": problem})
            return 1
        kinds = plan(application, config["kinds"])
        begin = time.monotonic()
        output.write({"t": "begun", "at": 0, "wall": round(time.time(), 4)})
        stopping = asyncio.Event()
        running = set()
        watch = asyncio.create_task(watch_client(begin, output))
        pacers = [
            asyncio.create_task(
                always(kind, begin, stopping, output)
                if kind.always
                else pace(kind, begin, stopping, running, output)
            )
            for kind in kinds
        ]
        async for command in lines:
            if command["do"] == "stop":
                stopping.set()
                # Each request has a time limit of its own.
                await asyncio.gather(*pacers)
                await asyncio.gather(*running)
                watch.cancel()
                output.write({"t": "stopped", "at": round(time.monotonic() - begin, 4)})
            elif command["do"] == "verify":
                for kind in kinds:
                    if kind.written is not None:
                        found = await kind.found()
                        output.write({"t": "found", "kind": kind.name, "names": found})
                await application.tidy()
                output.write({"t": "verified"})
                return 0
    return 0


sys.exit(asyncio.run(main()))
