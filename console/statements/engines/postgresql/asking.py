"""What tells whether a statement happened. Rule: half-done answers differ, so that nobody is told yes or no.

What is done in two steps outside of a transaction is asked twice: an index that goes for being there and for being
valid, a partition for being known and for being attached. An index that comes is asked for by its table and columns
too, for another one may have its name. Names are those of the catalogue, dotted, without quotes; of a name that has a
dot itself nothing is asked.
"""

from collections.abc import Iterator
from typing import Any, Literal

from postgast import pg_query_pb2 as pg

from console.statements.engines.postgresql.kinds import kind_of_object
from console.statements.engines.postgresql.names import parts_of, strings
from console.statements.statement import Probe

Expected = Literal["present", "absent"]
_KINDS = ("TABLE", "VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE", "SEQUENCE", "SCHEMA", "TYPE", "EXTENSION")
"""Objects that are found by their name alone."""
_PLACES: dict[str, tuple[str, str, Expected]] = {
    "createdb_stmt": ("database", "dbname", "present"),
    "dropdb_stmt": ("database", "dbname", "absent"),
    "create_table_space_stmt": ("tablespace", "tablespacename", "present"),
    "drop_table_space_stmt": ("tablespace", "tablespacename", "absent"),
    "create_subscription_stmt": ("subscription", "subname", "present"),
    "drop_subscription_stmt": ("subscription", "subname", "absent"),
}


def asked_of(node: pg.Node) -> tuple[Probe, ...]:
    """Return what is there and what is gone once a statement has happened; nothing when nothing can tell."""
    found = tuple(_asked(node))
    return found if all(all(each.parameters.values()) for each in found) else ()


def _asked(node: pg.Node) -> Iterator[Probe]:
    name: str = node.WhichOneof("node")
    inside = getattr(node, name)
    match name:
        case "alter_table_stmt":
            for each in inside.cmds:
                yield from _change(each.alter_table_cmd, _relation(inside.relation))
        case "index_stmt" if inside.idxname:
            table, columns = _relation(inside.relation), _columns(inside)
            yield _probe("valid_index_on", "present", table=table, name=_dotted(inside.idxname), columns=columns)
        case "drop_stmt":
            yield from _dropped(inside)
        case "rename_stmt":
            yield from _renamed(inside)
        case "create_stmt" | "create_seq_stmt" | "view_stmt" | "create_table_as_stmt" | "select_stmt":
            yield from _made(name, inside)
        case "create_schema_stmt" if inside.schemaname:
            yield _object("schema", _dotted(inside.schemaname), "present")
        case "create_enum_stmt" | "create_range_stmt" | "create_domain_stmt" | "composite_type_stmt":
            yield _type(inside)
        case "create_trig_stmt":
            relation = inside.relation
            yield _object("trigger", _dotted(relation.schemaname, relation.relname, inside.trigname), "present")
        case "alter_enum_stmt":
            yield from _value(inside)
        case "create_extension_stmt":
            yield _object("extension", _dotted(inside.extname), "present")
        case _ if name in _PLACES:
            kind, field, expected = _PLACES[name]
            yield _object(kind, _dotted(getattr(inside, field)), expected)
        case _:
            pass


def _change(change: pg.AlterTableCmd, table: str) -> Iterator[Probe]:
    written = getattr(change, "def")
    match pg.AlterTableType.Name(change.subtype):
        case "AT_AddColumn":
            yield _probe("column", "present", table=table, column=written.column_def.colname)
        case "AT_DropColumn":
            yield _probe("column", "absent", table=table, column=change.name)
        case "AT_AddConstraint" if written.constraint.conname:
            yield _probe("constraint", "present", table=table, name=written.constraint.conname)
        case "AT_DropConstraint":
            yield _probe("constraint", "absent", table=table, name=change.name)
        case "AT_ValidateConstraint":
            yield _probe("validated_constraint", "present", table=table, name=change.name)
        case "AT_AttachPartition":
            yield from _partition(written.partition_cmd, table, "present")
        case "AT_DetachPartition" | "AT_DetachPartitionFinalize":
            yield from _partition(written.partition_cmd, table, "absent")
        case _:
            pass


def _partition(command: pg.PartitionCmd, table: str, expected: Expected) -> Iterator[Probe]:
    for purpose in ("partition", "attached_partition"):
        yield _probe(purpose, expected, table=table, partition=_relation(command.name))


def _index(name: str, expected: Expected) -> Iterator[Probe]:
    for purpose in ("index", "valid_index"):
        yield _probe(purpose, expected, name=name)


def _columns(node: pg.IndexStmt) -> str:
    """Return what an index is of, such as UNIQUE (a, b) WHERE; * where an expression is among it."""
    names = [each.index_elem.name for each in node.index_params]
    where = " WHERE" if node.HasField("where_clause") else ""
    return f"{'UNIQUE ' if node.unique else ''}({', '.join(names)}){where}" if all(names) else "*"


def _dropped(node: pg.DropStmt) -> Iterator[Probe]:
    what = kind_of_object(node.remove_type)
    for each in node.objects:
        parts = parts_of(each)
        if what == "INDEX":
            yield from _index(_dotted(*parts), "absent")
        elif what == "DOMAIN":
            yield _object("type", _dotted(*parts), "absent")
        elif what in (*_KINDS, "TRIGGER"):
            yield _object(what.lower(), _dotted(*parts), "absent")


def _renamed(node: pg.RenameStmt) -> Iterator[Probe]:
    """Yield that the later name is there and the earlier one is not; a table stays in its schema."""
    what, table = kind_of_object(node.rename_type), _relation(node.relation)
    later = _dotted(node.relation.schemaname, node.newname)
    if what == "COLUMN":
        yield _probe("column", "present", table=table, column=node.newname)
        yield _probe("column", "absent", table=table, column=node.subname)
    elif what == "CONSTRAINT":
        yield _probe("constraint", "present", table=table, name=node.newname)
        yield _probe("constraint", "absent", table=table, name=node.subname)
    elif what == "INDEX":
        yield _probe("index", "present", name=later)
        yield _probe("index", "absent", name=table)
    elif what in _KINDS and node.relation.relname:
        yield _object(what.lower(), later, "present")
        yield _object(what.lower(), table, "absent")


def _made(name: str, node: Any) -> Iterator[Probe]:
    match name:
        case "create_stmt":
            yield _object("table", _relation(node.relation), "present")
        case "create_seq_stmt":
            yield _object("sequence", _relation(node.sequence), "present")
        case "view_stmt":
            yield _object("view", _relation(node.view), "present")
        case "create_table_as_stmt":
            yield _object(kind_of_object(node.objtype).lower(), _relation(node.into.rel), "present")
        case _ if node.HasField("into_clause"):
            yield _object("table", _relation(node.into_clause.rel), "present")
        case _:
            pass


def _type(node: Any) -> Probe:
    match node.DESCRIPTOR.name:
        case "CreateDomainStmt":
            return _object("type", _dotted(*strings(node.domainname)), "present")
        case "CompositeTypeStmt":
            return _object("type", _relation(node.typevar), "present")
        case _:
            return _object("type", _dotted(*strings(node.type_name)), "present")


def _value(node: pg.AlterEnumStmt) -> Iterator[Probe]:
    named = _dotted(*strings(node.type_name))
    yield _probe("enum_value", "present", type=named, value=node.new_val)
    if node.old_val:
        yield _probe("enum_value", "absent", type=named, value=node.old_val)


def _relation(relation: pg.RangeVar) -> str:
    return _dotted(relation.schemaname, relation.relname)


def _dotted(*parts: str) -> str:
    """Return a name as questions are asked; empty for one that has a dot itself."""
    return "" if any("." in part for part in parts) else ".".join(part for part in parts if part)


def _object(kind: str, name: str, expected: Expected) -> Probe:
    return _probe("object", expected, kind=kind, name=name)


def _probe(purpose: str, expected: Expected, **parameters: str) -> Probe:
    return Probe(purpose=purpose, parameters=parameters, expected=expected)
