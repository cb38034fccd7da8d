"""What an interrupted statement leaves half-made. Rule: only what runs outside of a transaction leaves anything."""

from collections.abc import Iterator
from typing import Any

from postgast import pg_query_pb2 as pg

from console.statements.engines.postgresql.kinds import kind_of_object
from console.statements.engines.postgresql.names import of_relation, option, parts_of, quoted
from console.statements.statement import Leftover, Probe

_SUFFIXES = ("_ccnew", "_ccold")
"""What REINDEX CONCURRENTLY calls the index that it builds, and the one that it is about to drop."""
_LONGEST = 63
"""Bytes of a name."""


def leftovers_of(node: pg.Node) -> tuple[Leftover, ...]:
    """Return what may be there after the statement was interrupted, in the order in which it is cleared away."""
    name: str = node.WhichOneof("node")
    return tuple(_left(name, getattr(node, name)))


def _left(name: str, node: Any) -> Iterator[Leftover]:
    match name:
        case "index_stmt" if node.concurrent and node.idxname:
            table = _dotted(node.relation.schemaname, node.relation.relname)
            yield from _index(node.relation.schemaname, node.idxname, table=table)
        case "drop_stmt" if node.concurrent and kind_of_object(node.remove_type) == "INDEX":
            for each in node.objects:
                *_, schema, index = ("", *parts_of(each))
                yield from _index(schema, index, again=True)
        case "reindex_stmt" if node.kind == pg.REINDEX_OBJECT_INDEX and option(node.params, "concurrently"):
            for suffix in _SUFFIXES:
                yield from _index(node.relation.schemaname, _suffixed(node.relation.relname, suffix))
        case "alter_table_stmt":
            for each in node.cmds:
                partition = getattr(each.alter_table_cmd, "def").partition_cmd
                if partition.concurrent:
                    yield from _detaching(node.relation, partition.name)
        case _:
            pass


def _suffixed(name: str, suffix: str) -> str:
    return name.encode()[: _LONGEST - len(suffix)].decode(errors="ignore") + suffix


def _index(schema: str, name: str, *, table: str = "", again: bool = False) -> Iterator[Leftover]:
    """Yield an index that is there and invalid, on that table; `again`: the statement itself takes it away."""
    dotted = _dotted(schema, name)
    if not dotted:
        return
    called = quoted(schema, name)
    yield Leftover(
        words=f"index {called} is there and invalid",
        probes=(
            *((_probe("index_of", "present", table=table, name=dotted),) if table else ()),
            *(_probe("index", "present", name=dotted), _probe("valid_index", "absent", name=dotted)),
        ),
        busy=_probe("busy_index", "present", name=dotted),
        sql=f"DROP INDEX CONCURRENTLY {called}",
        way="again" if again else "first",
    )


def _detaching(table: pg.RangeVar, part: pg.RangeVar) -> Iterator[Leftover]:
    names = {
        "table": _dotted(table.schemaname, table.relname),
        "partition": _dotted(part.schemaname, part.relname),
    }
    if not all(names.values()):
        return
    yield Leftover(
        words=f"partition {of_relation(part)} is on its way out and not yet detached",
        probes=(_probe("partition", "present", **names), _probe("attached_partition", "absent", **names)),
        sql=f"ALTER TABLE {of_relation(table)} DETACH PARTITION {of_relation(part)} FINALIZE",
        way="instead",
    )


def _dotted(*parts: str) -> str:
    """Return a name as questions are asked; empty for one that has a dot itself."""
    return "" if any("." in part for part in parts) else ".".join(part for part in parts if part)


def _probe(purpose: str, expected: Any, **parameters: str) -> Probe:
    return Probe(purpose=purpose, parameters=parameters, expected=expected)
