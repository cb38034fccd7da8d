"""What statements lock and cost. Rule: what the text does not show is said in the words, never guessed."""

from collections.abc import Callable, Iterable
from typing import Any

from postgast import pg_query_pb2 as pg

from console.statements.engines.postgresql.alterations import altered, created
from console.statements.engines.postgresql.kinds import kind_of_object
from console.statements.engines.postgresql.names import of_relation, option, parts_of, quoted
from console.statements.engines.postgresql.recognising import writes_within
from console.statements.engines.postgresql.verdicts import (
    ACCESS_EXCLUSIVE,
    ACCESS_SHARE,
    EXCLUSIVE,
    MODES,
    ROW_EXCLUSIVE,
    ROW_SHARE,
    SHARE,
    SHARE_ROW,
    SHARE_UPDATE,
    Verdict,
)

_CATALOGUE = "Changes the catalogue only."
_ROWS = "Changes the rows it names in one transaction; in a backfill those of one batch."
_RELATIONS = ("TABLE", "VIEW", "MATERIALIZED VIEW", "SEQUENCE", "FOREIGN TABLE", "INDEX")
_ON_TABLES = ("TRIGGER", "RULE", "POLICY")
_UNSEEN = "What it does is not in the text: it may lock and change anything."
_WHOLE = "every table of it in turn"


def verdict_of(node: pg.Node) -> Verdict:
    """Return what a statement does, by its tree."""
    name: str = node.WhichOneof("node")
    inside = getattr(node, name)
    if name in _SIMPLE:
        return _SIMPLE[name]
    if name in _WEIGHED:
        return _WEIGHED[name](inside)
    return Verdict(words=_CATALOGUE)


def _select(node: pg.SelectStmt) -> Verdict:
    if node.HasField("into_clause"):
        return Verdict(locks={"what it reads": ACCESS_SHARE}, work="rows", words="Copies the rows to a new table.")
    if writes_within(node):
        return Verdict(locks={"the tables it writes": ROW_EXCLUSIVE}, work="rows", words=_ROWS)
    if node.locking_clause:
        words = "Reads, and locks the rows that it finds until the transaction ends."
        return Verdict(locks={"what it reads": ROW_SHARE}, work="rows", words=words)
    words = "Reads only, unless a function in it does more: the server decides that."
    return Verdict(locks={"what it reads": ACCESS_SHARE}, work="rows", words=words)


def _explain(node: pg.ExplainStmt) -> Verdict:
    if option(node.options, "analyze"):
        return verdict_of(node.query)
    return Verdict(locks={"what it names": ACCESS_SHARE}, words="Shows the plan and executes nothing.")


def _write(node: Any) -> Verdict:
    words = f"{_ROWS} Foreign keys and triggers of the table, if there are any, read and lock other tables."
    return Verdict(locks={of_relation(node.relation): ROW_EXCLUSIVE}, work="rows", words=words)


def _copy(node: pg.CopyStmt) -> Verdict:
    if node.is_from:
        return Verdict(locks={of_relation(node.relation): ROW_EXCLUSIVE}, work="rows", words="Adds the file's rows.")
    return Verdict(locks={"what it reads": ACCESS_SHARE}, work="rows", words="Writes rows to a file on the server.")


def _index(node: pg.IndexStmt) -> Verdict:
    table = of_relation(node.relation)
    if not node.concurrent:
        words = f"Reads the whole of {table} and builds the index; on a partitioned table one on each partition."
        return Verdict(locks={table: SHARE}, work="build", words=words)
    words = f"Reads {table} twice and waits for older transactions. Interrupted, it leaves an invalid index."
    if node.if_not_exists:
        words += " IF NOT EXISTS passes over an invalid index of that name."
    return Verdict(locks={table: SHARE_UPDATE}, work="build", words=words)


def _drop(node: pg.DropStmt) -> Verdict:
    what = kind_of_object(node.remove_type)
    names = [parts_of(each) for each in node.objects]
    mode = SHARE_UPDATE if node.concurrent else ACCESS_EXCLUSIVE
    cascades = " CASCADE drops what depends on it, too: the text does not show what." * (
        node.behavior == pg.DROP_CASCADE
    )
    if what in _ON_TABLES:
        return Verdict(locks={quoted(*each[:-1]): mode for each in names}, words=_CATALOGUE + cascades)
    if what not in _RELATIONS:
        return Verdict(words=_CATALOGUE + cascades, certain=not cascades)
    locks = {quoted(*each): mode for each in names}
    words = _CATALOGUE
    if what == "INDEX":
        locks["the table of the index"] = mode
        words = "Queries that used it are slower from then on."
        words += " Interrupted, it leaves the index invalid: drop it again." if node.concurrent else ""
    elif what == "TABLE":
        words = "Frees the files; the data are gone. A table that its foreign keys refer to is locked just as strongly."
    return Verdict(locks=locks, words=words + cascades, certain=not cascades)


def _rename(node: pg.RenameStmt) -> Verdict:
    what = kind_of_object(node.rename_type)
    if not node.HasField("relation"):
        return Verdict(words=f"{_CATALOGUE} What uses the earlier name fails from then on.")
    mode = SHARE_UPDATE if what == "INDEX" else ACCESS_EXCLUSIVE
    words = f"{_CATALOGUE} Applications that use the earlier name fail from then on."
    return Verdict(locks={of_relation(node.relation): mode}, words=words)


def _of_relation(node: Any) -> Verdict:
    """Return the verdict of ALTER … OWNER TO and SET SCHEMA."""
    locks = {of_relation(node.relation): ACCESS_EXCLUSIVE} if node.HasField("relation") else {}
    return Verdict(locks=locks, words=_CATALOGUE)


def _truncate(node: pg.TruncateStmt) -> Verdict:
    words = "Puts empty files in the place of the table's and its indexes'; the data are gone."
    cascades = node.behavior == pg.DROP_CASCADE
    words += " CASCADE empties every table that refers to it, too: the text does not show which." * cascades
    locks = {of_relation(each.range_var): ACCESS_EXCLUSIVE for each in node.relations}
    return Verdict(locks=locks, words=words, certain=not cascades)


def _domain(node: pg.AlterDomainStmt) -> Verdict:
    # C adds a constraint, V validates one, O sets NOT NULL.
    reads = node.subtype in ("V", "O") or (node.subtype == "C" and not getattr(node, "def").constraint.skip_validation)
    if not reads:
        return Verdict(words=_CATALOGUE)
    words = "Reads every row of every table with a column of this domain: the text does not show which."
    return Verdict(locks={"every table that uses the domain": SHARE}, work="scan", words=words, certain=False)


def _reindex(node: pg.ReindexStmt) -> Verdict:
    gently = bool(option(node.params, "concurrently"))
    mode = SHARE_UPDATE if gently else SHARE
    words = "Builds the indexes anew; meanwhile queries on the table wait for them."
    if gently:
        words = "Builds the indexes anew beside the others. If it fails, invalid ones stay, named _ccnew: drop them."
    if node.kind == pg.REINDEX_OBJECT_INDEX:
        locks = {"the table of the index": mode, of_relation(node.relation): mode if gently else ACCESS_EXCLUSIVE}
        return Verdict(locks=locks, work="build", words=words)
    table = of_relation(node.relation) if node.HasField("relation") else _WHOLE
    if not gently:
        words += " On a partitioned table it cannot be in a transaction."
    return Verdict(locks={table: mode}, work="build", words=words)


def _vacuum(node: pg.VacuumStmt) -> Verdict:
    names = [of_relation(each.vacuum_relation.relation) for each in node.rels] or [_WHOLE]
    if not node.is_vacuumcmd:
        words = "Reads a sample of the rows and stores what the query planner wants to know."
        return Verdict(locks=dict.fromkeys(names, SHARE_UPDATE), work="scan", words=words)
    if option(node.options, "full"):
        words = "Copies every row and builds the indexes anew; needs the table's size on the disk once more."
        return Verdict(locks=dict.fromkeys(names, ACCESS_EXCLUSIVE), work="rewrite", words=words)
    words = "Reads the pages that changed. To shorten the file it locks the table for an instant, if nobody waits."
    return Verdict(locks=dict.fromkeys(names, SHARE_UPDATE), work="scan", words=words)


def _cluster(node: pg.ClusterStmt) -> Verdict:
    name = of_relation(node.relation) if node.HasField("relation") else _WHOLE
    words = "Copies every row in the order of the index and builds the indexes anew."
    return Verdict(locks={name: ACCESS_EXCLUSIVE}, work="rewrite", words=words)


def _refresh(node: pg.RefreshMatViewStmt) -> Verdict:
    name = of_relation(node.relation)
    if node.concurrent:
        words = "Runs the query and changes the rows that differ; needs a unique index on the view."
        return Verdict(locks={name: EXCLUSIVE}, work="rows", words=words)
    return Verdict(locks={name: ACCESS_EXCLUSIVE}, work="rewrite", words="Runs the query and writes all rows anew.")


def _comment(node: pg.CommentStmt) -> Verdict:
    what, parts = kind_of_object(node.objtype), parts_of(node.object)
    parts = parts[:-1] if what == "COLUMN" else parts
    locks = {quoted(*parts): SHARE_UPDATE} if what == "COLUMN" or what in _RELATIONS else {}
    return Verdict(locks=locks, words=_CATALOGUE)


def _view(node: pg.ViewStmt) -> Verdict:
    locks = {of_relation(node.view): ACCESS_EXCLUSIVE} if node.replace else {}
    return Verdict(locks={**locks, "what it reads": ACCESS_SHARE}, words=_CATALOGUE)


def _publication(node: pg.CreatePublicationStmt) -> Verdict:
    tables = [each.publication_object_spec.pubtable.relation for each in node.pubobjects]
    locks = {of_relation(each): SHARE_UPDATE for each in tables if each.relname}
    return Verdict(locks=locks, words="Changes the catalogue only; from then on changes are published.")


def _value(node: pg.AlterEnumStmt) -> Verdict:
    if node.old_val:
        return Verdict(words=f"{_CATALOGUE} Applications that use the earlier value fail from then on.")
    return Verdict(
        words="Changes the catalogue only. The value cannot be used in this step, only after it, nor removed."
    )


def _on(relations: Iterable[Any], mode: str) -> Verdict:
    return Verdict(locks={of_relation(each): mode for each in relations}, words=_CATALOGUE)


_UNKNOWN = Verdict(
    locks={"what it touches, which the text does not show": ACCESS_EXCLUSIVE},
    work="rewrite",
    words=_UNSEEN,
    certain=False,
)
_SETTING = Verdict(words="Changes a setting of the connection, until its end or, with LOCAL, that of the transaction.")
_NO_WORK = "Begins or ends a transaction, or changes its mode; the console does that itself."
_SIMPLE = {
    "call_stmt": _UNKNOWN,
    "do_stmt": _UNKNOWN,
    "execute_stmt": _UNKNOWN,
    "create_extension_stmt": _UNKNOWN,
    "alter_extension_stmt": _UNKNOWN,
    "drop_owned_stmt": _UNKNOWN,
    "create_schema_stmt": Verdict(words="Adds a schema, and what is written in it."),
    "variable_set_stmt": _SETTING,
    "constraints_set_stmt": Verdict(words="Changes when constraints are checked in this transaction."),
    "variable_show_stmt": Verdict(words="Reads a setting."),
    "transaction_stmt": Verdict(words=_NO_WORK),
    "createdb_stmt": Verdict(work="rows", words="Copies the template; nobody may be connected to that."),
    "dropdb_stmt": Verdict(words="Frees the files; the data are gone. Nobody may be connected to it."),
    "check_point_stmt": Verdict(work="rows", words="Writes all changed pages to the disks."),
}
_WEIGHED: dict[str, Callable[[Any], Verdict]] = {
    "select_stmt": _select,
    "explain_stmt": _explain,
    "insert_stmt": _write,
    "update_stmt": _write,
    "delete_stmt": _write,
    "merge_stmt": _write,
    "copy_stmt": _copy,
    "index_stmt": _index,
    "drop_stmt": _drop,
    "rename_stmt": _rename,
    "alter_owner_stmt": _of_relation,
    "alter_object_schema_stmt": _of_relation,
    "alter_table_stmt": altered,
    "create_stmt": created,
    "create_table_as_stmt": lambda _: Verdict(
        locks={"what it reads": ACCESS_SHARE}, work="rows", words="Copies every row that the query returns."
    ),
    "truncate_stmt": _truncate,
    "alter_domain_stmt": _domain,
    "alter_enum_stmt": _value,
    "reindex_stmt": _reindex,
    "vacuum_stmt": _vacuum,
    "cluster_stmt": _cluster,
    "refresh_mat_view_stmt": _refresh,
    "comment_stmt": _comment,
    "view_stmt": _view,
    "create_publication_stmt": _publication,
    "create_trig_stmt": lambda node: _on([node.relation], SHARE_ROW),
    "rule_stmt": lambda node: _on([node.relation], ACCESS_EXCLUSIVE),
    "create_policy_stmt": lambda node: _on([node.table], ACCESS_EXCLUSIVE),
    "alter_policy_stmt": lambda node: _on([node.table], ACCESS_EXCLUSIVE),
    "alter_seq_stmt": lambda node: _on([node.sequence], SHARE_ROW),
    "create_stats_stmt": lambda node: _on([each.range_var for each in node.relations], SHARE_UPDATE),
    "lock_stmt": lambda node: _on([each.range_var for each in node.relations], MODES[node.mode - 1]),
}
