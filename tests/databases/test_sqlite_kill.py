"""A writer that is killed at any moment: its rows and its position in the ledger are the same ones."""

import asyncio
import signal
import sys

from tests.databases.acts import entry, held
from tests.databases.benches import SqliteBench

BATCHES = """
import asyncio, sys
from console import databases
from tests.databases.benches import LEASE, ticket

async def main():
    target = await databases.open_target(f"sqlite:{sys.argv[1]}")
    epoch = await target.claim(LEASE)
    database = target.bind(ticket(epoch=epoch), await target.identity())
    found = await database.entry()
    done = found.rows if found else 0
    while True:
        async with database.transaction(completes=False) as transaction:
            await transaction.execute("UPDATE things SET name = name + 1")
            done += 1
            transaction.position(str(done), done)
        print(done, flush=True)

asyncio.run(main())
"""


async def killed_after(sqlite: SqliteBench, batches: int) -> int:
    """Return how many batches the writer said were committed before it was killed."""
    writer = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", BATCHES, str(sqlite.path)), stdout=asyncio.subprocess.PIPE
    )
    assert writer.stdout
    said = [await writer.stdout.readline() for _ in range(batches)]
    writer.send_signal(signal.SIGKILL)
    said += (await writer.stdout.read()).splitlines()
    await writer.wait()
    return int(said[-1])


async def test_a_killed_writer_goes_on_exactly_where_it_was(sqlite: SqliteBench) -> None:
    sqlite.outside("INSERT INTO things (id, name) VALUES (1, 0)")
    database = await held(sqlite)
    for batches in (1, 7, 30):
        said = await killed_after(sqlite, batches)
        ((_, counted),) = sqlite.things()
        found = await entry(database)
        assert (found.position, found.rows) == (str(counted), counted)
        assert counted - said in (0, 1)
