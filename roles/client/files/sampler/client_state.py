"""Tells of the client itself, so that its own pauses are not taken for the service's."""

import asyncio
import time

STEP = 0.02
"""Seconds between two looks."""
STALL = 0.1
"""A look that comes this much too late (s) is told: the client was not run, and its requests neither."""


async def watch_client(begin, output):
    """One line a second: clocks and load; one line for each stall."""
    offset = time.time() - time.monotonic()
    told = time.monotonic()
    worst = 0.0
    while True:
        before = time.monotonic()
        await asyncio.sleep(STEP)
        now = time.monotonic()
        late = now - before - STEP
        worst = max(worst, late)
        if late > STALL:
            output.write({"t": "stall", "at": round(before - begin, 4), "seconds": round(late, 4)})
        moved = time.time() - now - offset
        if abs(moved) > 0.05:
            # A clock that is steered moves by milliseconds.
            output.write({"t": "jump", "at": round(now - begin, 4), "seconds": round(moved, 4)})
            offset += moved
        if now - told >= 1:
            told = now
            with open("/proc/loadavg", encoding="ascii") as file:
                load = float(file.read().split(" ", 1)[0])
            output.write({"t": "tick", "at": round(now - begin, 4), "wall": round(time.time(), 4), "late": round(worst, 4), "load": load})
            worst = 0.0
