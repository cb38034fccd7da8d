"""What PostgreSQL refuses in a transaction block. Rule: what the text cannot show counts as refused.

ALTER TYPE ADD VALUE is not among it since 12: it can be in a transaction, but the value can only be used after it.
"""

import re
from typing import Any

import postgast
from postgast import pg_query_pb2 as pg

from console.statements.engines.postgresql.names import option

_NEVER = (
    *("createdb_stmt", "dropdb_stmt", "create_table_space_stmt", "drop_table_space_stmt", "alter_system_stmt"),
    "drop_subscription_stmt",
    "call_stmt",
)
"""DROP SUBSCRIPTION is refused if there is a slot, CALL if the procedure commits: neither is in the text."""
_WHOLE = (pg.REINDEX_OBJECT_SCHEMA, pg.REINDEX_OBJECT_SYSTEM, pg.REINDEX_OBJECT_DATABASE)
_REFRESHING = (
    pg.ALTER_SUBSCRIPTION_SET_PUBLICATION,
    pg.ALTER_SUBSCRIPTION_ADD_PUBLICATION,
    pg.ALTER_SUBSCRIPTION_DROP_PUBLICATION,
)
_ENDS = (pg.COMMIT, pg.ROLLBACK)


def transactional(name: str, node: Any) -> bool:
    """Tell whether it can be part of a transaction, as far as the text shows."""
    match name:
        case "index_stmt" | "drop_stmt":
            return not node.concurrent
        case "reindex_stmt":
            return not option(node.params, "concurrently") and node.kind not in _WHOLE
        case "vacuum_stmt":
            return not node.is_vacuumcmd
        case "cluster_stmt":
            return bool(node.HasField("relation"))
        case "discard_stmt":
            return bool(node.target != pg.DISCARD_ALL)
        case "alter_table_stmt":
            return not any(getattr(each.alter_table_cmd, "def").partition_cmd.concurrent for each in node.cmds)
        case "alter_database_stmt":
            return option(node.options, "tablespace") is None
        case "create_subscription_stmt":
            return option(node.options, "connect") is False or option(node.options, "create_slot") is False
        case "alter_subscription_stmt":
            refreshes = node.kind in _REFRESHING and option(node.options, "refresh") is not False
            return not refreshes and bool(node.kind != pg.ALTER_SUBSCRIPTION_REFRESH)
        case "do_stmt":
            return not any(_ends_transaction(each.def_elem.arg.string.sval) for each in node.args)
        case "explain_stmt":
            inside: str = node.query.WhichOneof("node")
            return transactional(inside, getattr(node.query, inside))
        case _:
            return name not in _NEVER


def _ends_transaction(body: str) -> bool:
    """Tell whether a statement of a body begins with COMMIT or ROLLBACK."""
    if not re.search(r"commit|rollback", body, re.IGNORECASE):
        return False
    try:
        tokens = [each.token for each in postgast.scan(body).tokens if each.token not in (pg.SQL_COMMENT, pg.C_COMMENT)]
    except postgast.PgQueryError:
        return True
    return any(token in _ENDS for token in tokens)
