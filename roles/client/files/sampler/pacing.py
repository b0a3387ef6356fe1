"""When requests start."""

import asyncio
import time


async def pace(kind, begin, stopping, running, output):
    """Starts the requests of one kind, each at its time."""
    number = 0
    while not stopping.is_set():
        due = begin + kind.offset + number * kind.interval
        late = time.monotonic() - due
        if late > kind.interval:
            # The client stood still (watch_client tells). The missed ones are not made up for: a burst is no rate.
            number += int(late / kind.interval)
            continue
        if late < 0:
            try:
                await asyncio.wait_for(stopping.wait(), -late)
                return
            except TimeoutError:
                pass
        task = asyncio.create_task(one(kind, number, begin, output))
        running.add(task)
        task.add_done_callback(running.discard)
        number += 1


async def always(kind, begin, stopping, output):
    """Keeps one request of a kind under way."""
    number = 0
    while not stopping.is_set():
        failed = await one(kind, number, begin, output)
        number += 1
        # Refused at once is refused again at once: no storm.
        if failed:
            await asyncio.sleep(0.5)


async def one(kind, number, begin, output):
    start = time.monotonic()
    cause, machine, opened = await kind.request(number)
    took = time.monotonic() - start
    output.write([kind.name, number, round(start - begin, 4), round(took, 4), cause, machine, int(opened)])
    return cause
