"""What a statement is, by its tree: verb, kind, table. Rule: what the text does not show is not assumed."""

from collections.abc import Sequence
from typing import Any

from postgast import pg_query_pb2 as pg

from console.statements.engines.postgresql.kinds import change_of, kind_of, kind_of_object
from console.statements.engines.postgresql.names import first, option, parts_of, strings, within, words_of
from console.statements.engines.postgresql.reading import Written, no_stream
from console.statements.engines.postgresql.transactions import transactional
from console.statements.statement import Statement, StatementKind

WRITING = ("insert_stmt", "update_stmt", "delete_stmt", "merge_stmt")
_QUIET = frozenset(
    (
        *("count", "sum", "min", "max", "avg", "bool_and", "bool_or", "every", "string_agg", "array_agg", "json_agg"),
        *("now", "lower", "upper", "length", "abs", "round", "md5", "date_trunc", "extract", "to_char", "concat"),
        *("version", "current_setting", "to_regclass", "pg_total_relation_size", "pg_relation_size", "pg_size_pretty"),
    )
)
"""Functions that only read, as long as nobody puts their own before them in the search path."""
_STRENGTHS = {
    pg.LCS_FORKEYSHARE: "FOR KEY SHARE",
    pg.LCS_FORSHARE: "FOR SHARE",
    pg.LCS_FORNOKEYUPDATE: "FOR NO KEY UPDATE",
    pg.LCS_FORUPDATE: "FOR UPDATE",
}
_VALIDATES = "ALTER TABLE VALIDATE CONSTRAINT"
"""A second time it does nothing, and what it found true needs no way back: that of the constraint is its own."""
_OF_TABLES = ("TABLE", "FOREIGN TABLE")
_ON_TABLES = ("TRIGGER", "RULE", "POLICY")


def recognised(written: Written) -> Statement:
    """Return the statement. Raises RunbookError for what needs rows to flow between client and server."""
    name: str = written.node.WhichOneof("node")
    node = getattr(written.node, name)
    verb, kind, repeatable = _kind(name, node, written)
    schema, table = _table(name, node)
    return Statement(
        text=written.text,
        line=written.line,
        verb=verb,
        kind=kind,
        transactional=kind != "transaction" and transactional(name, node),
        repeatable=repeatable,
        table=table,
        schema=schema,
    )


def _kind(name: str, node: Any, written: Written) -> tuple[str, StatementKind, bool]:
    """Return verb, kind and whether it can be executed again."""
    if name == "select_stmt":
        return _select(node, written.text)
    if name == "explain_stmt":
        return _explain(node, written)
    if name == "copy_stmt":
        return _copy(node, written)
    if name == "transaction_stmt":
        return words_of(pg.TransactionStmtKind.Name(node.kind), prefix="TRANS_STMT_"), "transaction", False
    if name == "variable_set_stmt":
        return _set(node)
    verb, kind = kind_of(name)
    verb = _whole_verb(verb, name, node)
    return verb, kind, kind in ("query", "maintenance", "setting") or verb == _VALIDATES


def _select(node: pg.SelectStmt, text: str) -> tuple[str, StatementKind, bool]:
    """Return what a SELECT is: with a writing WITH, INTO or FOR UPDATE it does more than read."""
    if node.HasField("into_clause"):
        return "SELECT INTO", "schema", False
    if written := writes_within(node):
        return f"WITH {kind_of(written[0])[0]}", "write", False
    # Without a parenthesis nothing is called and nothing is nested.
    inside = list(within(node, "FuncCall", "LockingClause")) if "(" in text or node.locking_clause else []
    if locks := [each.strength for each in inside if each.DESCRIPTOR.name == "LockingClause"]:
        return f"SELECT {_STRENGTHS[max(locks)]}", "write", True
    called = {name for each in inside for name in strings(each.funcname)[-1:]}
    verb = "VALUES" if node.values_lists and not node.target_list else "SELECT"
    return verb, "query", called <= _QUIET


def _explain(node: pg.ExplainStmt, written: Written) -> tuple[str, StatementKind, bool]:
    """Return what EXPLAIN is: with ANALYZE the statement is executed."""
    if not option(node.options, "analyze"):
        return "EXPLAIN", "query", True
    name: str = node.query.WhichOneof("node")
    _, kind, repeatable = _kind(name, getattr(node.query, name), written)
    return "EXPLAIN ANALYZE", kind, repeatable


def _copy(node: pg.CopyStmt, written: Written) -> tuple[str, StatementKind, bool]:
    if not node.filename and not node.is_program:
        what = "COPY … FROM STDIN" if node.is_from else "COPY … TO STDOUT"
        raise no_stream(what, line=written.line)
    return ("COPY FROM", "write", False) if node.is_from else ("COPY TO", "unknown", False)


def _set(node: pg.VariableSetStmt) -> tuple[str, StatementKind, bool]:
    """Return what SET is: that of the transaction is the console's own affair."""
    if node.kind == pg.VAR_SET_MULTI and node.name.startswith("TRANSACTION"):
        return "SET TRANSACTION", "transaction", False
    verb = "RESET" if node.kind in (pg.VAR_RESET, pg.VAR_RESET_ALL) else "SET LOCAL" if node.is_local else "SET"
    return f"{verb} {node.name.upper() if node.kind == pg.VAR_SET_MULTI else node.name or 'ALL'}", "setting", True


def writes_within(node: pg.SelectStmt) -> list[str]:
    """Return the nodes in a query's WITH that write; a server takes them nowhere but at its top."""
    ctes = [each.common_table_expr.ctequery for each in node.with_clause.ctes]
    return [name for each in ctes if (name := each.WhichOneof("node")) in WRITING]


def _whole_verb(verb: str, name: str, node: Any) -> str:
    """Return the verb with what tells statements of one node apart."""
    match name:
        case "alter_table_stmt":
            changes = dict.fromkeys(_change(each.alter_table_cmd) for each in node.cmds)
            return f"ALTER {kind_of_object(node.objtype)} {', '.join(changes)}"
        case "rename_stmt":
            return _rename(node)
        case "drop_stmt":
            return f"DROP {kind_of_object(node.remove_type)}{' CONCURRENTLY' if node.concurrent else ''}"
        case "index_stmt":
            return f"{verb} CONCURRENTLY" if node.concurrent else verb
        case "create_table_as_stmt" if node.objtype == pg.OBJECT_MATVIEW:
            return "CREATE MATERIALIZED VIEW"
        case "define_stmt":
            return f"CREATE {kind_of_object(node.kind)}"
        case "alter_enum_stmt":
            return "ALTER TYPE RENAME VALUE" if node.old_val else "ALTER TYPE ADD VALUE"
        case "alter_object_schema_stmt":
            return f"ALTER {kind_of_object(node.object_type)} SET SCHEMA"
        case "alter_owner_stmt":
            return f"ALTER {kind_of_object(node.object_type)} OWNER TO"
        case "create_function_stmt" if node.is_procedure:
            return "CREATE PROCEDURE"
        case "grant_stmt" | "grant_role_stmt":
            return "GRANT" if node.is_grant else "REVOKE"
        case "vacuum_stmt" if node.is_vacuumcmd:
            return "VACUUM FULL" if option(node.options, "full") else "VACUUM"
        case "reindex_stmt":
            what = words_of(pg.ReindexObjectType.Name(node.kind), prefix="REINDEX_OBJECT_")
            return f"REINDEX {what}{' CONCURRENTLY' if option(node.params, 'concurrently') else ''}"
        case "refresh_mat_view_stmt" if node.concurrent:
            return f"{verb} CONCURRENTLY"
        case "discard_stmt":
            return words_of(pg.DiscardMode.Name(node.target), prefix="")
        case _:
            return verb


def _change(change: pg.AlterTableCmd) -> str:
    concurrently = getattr(change, "def").partition_cmd.concurrent
    return f"{change_of(change.subtype)}{' CONCURRENTLY' if concurrently else ''}"


def _rename(node: pg.RenameStmt) -> str:
    what = kind_of_object(node.rename_type)
    if what in ("COLUMN", "ATTRIBUTE"):
        return f"ALTER {kind_of_object(node.relation_type)} RENAME {what}"
    if what == "CONSTRAINT":
        return "ALTER TABLE RENAME CONSTRAINT"
    return f"ALTER {what} RENAME"


def _table(name: str, node: Any) -> tuple[str, str]:
    """Return schema and name of the table that it changes, as they are in the catalogue; the first of several."""
    relation: Any = None
    match name:
        case "insert_stmt" | "update_stmt" | "delete_stmt" | "merge_stmt" | "index_stmt" | "create_trig_stmt":
            relation = node.relation
        case "create_stmt" | "rule_stmt" | "cluster_stmt":
            relation = node.relation
        case "alter_table_stmt" | "rename_stmt" | "alter_object_schema_stmt" if _about_table(node):
            relation = node.relation
        case "copy_stmt" if node.is_from:
            relation = node.relation
        case "create_table_as_stmt" if node.objtype == pg.OBJECT_TABLE:
            relation = node.into.rel
        case "select_stmt" if node.HasField("into_clause"):
            relation = node.into_clause.rel
        case "select_stmt" if inner := writes_within(node):
            ctes = [each.common_table_expr.ctequery for each in node.with_clause.ctes]
            relation = next(getattr(each, inner[0]).relation for each in ctes if each.HasField(inner[0]))
        case "create_policy_stmt" | "alter_policy_stmt":
            relation = node.table
        case "truncate_stmt":
            relation = node.relations[0].range_var
        case "vacuum_stmt" if node.rels:
            relation = node.rels[0].vacuum_relation.relation
        case "reindex_stmt" if node.kind == pg.REINDEX_OBJECT_TABLE:
            relation = node.relation
        case "explain_stmt" if option(node.options, "analyze"):
            inside: str = node.query.WhichOneof("node")
            return _table(inside, getattr(node.query, inside))
        case "drop_stmt":
            return _dropped(node)
        case _:
            pass
    return (relation.schemaname, relation.relname) if relation is not None else ("", "")


def _about_table(node: Any) -> bool:
    """Tell whether an ALTER is of a table: for a rename of a part, whether the whole is one."""
    field = {"AlterTableStmt": "objtype", "AlterObjectSchemaStmt": "object_type"}.get(node.DESCRIPTOR.name)
    if field:
        return kind_of_object(getattr(node, field)) in _OF_TABLES
    what = kind_of_object(node.rename_type)
    if what == "COLUMN":
        return kind_of_object(node.relation_type) in _OF_TABLES
    return what in (*_OF_TABLES, *_ON_TABLES, "CONSTRAINT")


def _dropped(node: pg.DropStmt) -> tuple[str, str]:
    what = kind_of_object(node.remove_type)
    parts: Sequence[str] = first([parts_of(each) for each in node.objects])
    if what in _ON_TABLES:
        parts = parts[:-1]
    elif what not in _OF_TABLES:
        parts = ()
    *_, schema, table = ("", "", *parts)
    return schema, table
