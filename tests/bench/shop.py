"""An application at work: `python -m tests.bench.shop URL RATE`, until its input ends. Rule: its loop is open.

Each transaction has its moment, whether the ones before are done or not, and what it takes is counted from then on.
It says `ready`, and at the end how many there were and the seconds of the longest.
"""

import asyncio
import random
import sys
import time

import psycopg

CONNECTIONS = 8
READ = "SELECT name FROM things WHERE id = %s"
WRITE = "UPDATE things SET name = 'x' WHERE id = %s"
ROWS = 20_000


async def main(url: str, rate: float) -> None:
    moments: asyncio.Queue[float] = asyncio.Queue()
    took: list[float] = []
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(sys.stdin, ended.set)
    opened = [await psycopg.AsyncConnection.connect(url, application_name="shop") for _ in range(CONNECTIONS)]
    workers = [asyncio.create_task(work(connection, moments, took)) for connection in opened]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    began, number = time.monotonic(), 0
    while not ended.is_set():
        await asyncio.sleep(max(began + number / rate - time.monotonic(), 0))
        moments.put_nowait(began + number / rate)
        number += 1
    await moments.join()
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    for connection in opened:
        await connection.close()
    sys.stdout.write(f"{len(took)} {max(took)}\n")


async def work(
    connection: psycopg.AsyncConnection[tuple[object, ...]], moments: asyncio.Queue[float], took: list[float]
) -> None:
    """Do one transaction after another."""
    while True:
        moment = await moments.get()
        async with connection.transaction():
            await connection.execute(READ, (random.randrange(ROWS),))  # noqa: S311 - no secret
            await connection.execute(WRITE, (random.randrange(ROWS),))  # noqa: S311 - no secret
        took.append(time.monotonic() - moment)
        moments.task_done()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
