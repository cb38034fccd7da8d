"""What PostgreSQL's statements are called and of which kind they are, by their node. Rule: data, nothing decided."""

import re

from postgast import pg_query_pb2 as pg

from console.statements.engines.postgresql.names import words_of
from console.statements.statement import StatementKind

KINDS: dict[str, tuple[str, StatementKind]] = {
    "insert_stmt": ("INSERT", "write"),
    "update_stmt": ("UPDATE", "write"),
    "delete_stmt": ("DELETE", "write"),
    "merge_stmt": ("MERGE", "write"),
    "copy_stmt": ("COPY", "write"),
    "notify_stmt": ("NOTIFY", "write"),
    "explain_stmt": ("EXPLAIN", "query"),
    "variable_show_stmt": ("SHOW", "query"),
    "variable_set_stmt": ("SET", "setting"),
    "constraints_set_stmt": ("SET CONSTRAINTS", "setting"),
    "listen_stmt": ("LISTEN", "setting"),
    "unlisten_stmt": ("UNLISTEN", "setting"),
    "load_stmt": ("LOAD", "setting"),
    "discard_stmt": ("DISCARD", "setting"),
    "prepare_stmt": ("PREPARE", "setting"),
    "deallocate_stmt": ("DEALLOCATE", "setting"),
    "vacuum_stmt": ("ANALYZE", "maintenance"),
    "cluster_stmt": ("CLUSTER", "maintenance"),
    "reindex_stmt": ("REINDEX", "maintenance"),
    "refresh_mat_view_stmt": ("REFRESH MATERIALIZED VIEW", "maintenance"),
    "check_point_stmt": ("CHECKPOINT", "maintenance"),
    "lock_stmt": ("LOCK TABLE", "maintenance"),
    "execute_stmt": ("EXECUTE", "unknown"),
    "call_stmt": ("CALL", "unknown"),
    "do_stmt": ("DO", "unknown"),
    "declare_cursor_stmt": ("DECLARE", "unknown"),
    "fetch_stmt": ("FETCH", "unknown"),
    "close_portal_stmt": ("CLOSE", "unknown"),
    "index_stmt": ("CREATE INDEX", "schema"),
    "rule_stmt": ("CREATE RULE", "schema"),
    "view_stmt": ("CREATE VIEW", "schema"),
    "define_stmt": ("CREATE", "schema"),
    "composite_type_stmt": ("CREATE TYPE", "schema"),
    "create_enum_stmt": ("CREATE TYPE", "schema"),
    "create_range_stmt": ("CREATE TYPE", "schema"),
    "create_stmt": ("CREATE TABLE", "schema"),
    "create_table_as_stmt": ("CREATE TABLE AS", "schema"),
    "createdb_stmt": ("CREATE DATABASE", "schema"),
    "dropdb_stmt": ("DROP DATABASE", "schema"),
    "create_seq_stmt": ("CREATE SEQUENCE", "schema"),
    "alter_seq_stmt": ("ALTER SEQUENCE", "schema"),
    "create_trig_stmt": ("CREATE TRIGGER", "schema"),
    "create_table_space_stmt": ("CREATE TABLESPACE", "schema"),
    "drop_table_space_stmt": ("DROP TABLESPACE", "schema"),
    "alter_table_space_options_stmt": ("ALTER TABLESPACE", "schema"),
    "alter_table_move_all_stmt": ("ALTER TABLE ALL IN TABLESPACE", "schema"),
    "create_stats_stmt": ("CREATE STATISTICS", "schema"),
    "alter_stats_stmt": ("ALTER STATISTICS", "schema"),
    "alter_enum_stmt": ("ALTER TYPE", "schema"),
    "truncate_stmt": ("TRUNCATE", "schema"),
    "comment_stmt": ("COMMENT", "schema"),
    "sec_label_stmt": ("SECURITY LABEL", "schema"),
    "grant_role_stmt": ("GRANT", "schema"),
}
"""What is not here is of the schema, and is called like its node: CREATE EXTENSION."""

_CHANGES = {
    "AT_ColumnDefault": "ALTER COLUMN DEFAULT",
    "AT_AlterColumnType": "ALTER COLUMN TYPE",
    "AT_SetExpression": "ALTER COLUMN SET EXPRESSION",
    "AT_DropExpression": "ALTER COLUMN DROP EXPRESSION",
    "AT_SetRelOptions": "SET",
    "AT_ResetRelOptions": "RESET",
    "AT_ChangeOwner": "OWNER TO",
    "AT_AddInherit": "INHERIT",
    "AT_DropInherit": "NO INHERIT",
    "AT_SetLogged": "SET LOGGED",
    "AT_SetUnLogged": "SET UNLOGGED",
    "AT_SetTableSpace": "SET TABLESPACE",
    "AT_DropCluster": "SET WITHOUT CLUSTER",
}


def kind_of(name: str) -> tuple[str, StatementKind]:
    """Return the verb and the kind of a node."""
    return KINDS.get(name) or (name.removesuffix("_stmt").replace("_", " ").upper(), "schema")


def kind_of_object(kind: int) -> str:
    """Return the words for a kind of object: MATERIALIZED VIEW."""
    words = words_of(pg.ObjectType.Name(kind), prefix="OBJECT_")
    return {"MATVIEW": "MATERIALIZED VIEW", "TABCONSTRAINT": "CONSTRAINT"}.get(words, words)


def change_of(subtype: int) -> str:
    """Return the words for one change of ALTER TABLE: SET NOT NULL."""
    name = pg.AlterTableType.Name(subtype)
    if name in _CHANGES:
        return _CHANGES[name]
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removeprefix("AT_")).upper()
    return re.sub(r"\bTRIG\b", "TRIGGER", words)
