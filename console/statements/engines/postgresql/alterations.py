"""What each change of ALTER TABLE locks and costs. Rule: measured on PostgreSQL 15, or said in its manual."""

from postgast import pg_query_pb2 as pg

from console.statements.engines.postgresql.columns import added, retyped
from console.statements.engines.postgresql.kinds import kind_of_object
from console.statements.engines.postgresql.names import of_relation
from console.statements.engines.postgresql.verdicts import (
    ACCESS_EXCLUSIVE,
    SHARE_ROW,
    SHARE_UPDATE,
    Verdict,
    together,
)
from console.statements.statement import Work

_CATALOGUE = "Changes the catalogue only, however large the table is."
_DROPPED = (
    "Changes the catalogue only; the column's data are gone. If it has a foreign key, its other table is locked too."
)
_UNTIED = "Changes the catalogue only. If it is a foreign key, the other table is locked just as strongly."
_PROVEN = "Reads every row to see that there is no NULL, unless a valid CHECK proves it already."
_COPIED = "Copies the whole table and builds its indexes anew, unless it is so already."
_WEAK = ("AT_SetStatistics", "AT_SetOptions", "AT_ResetOptions", "AT_ClusterOn", "AT_DropCluster")
_COSTS: dict[str, tuple[Work, str, bool]] = {
    "AT_DropColumn": ("none", _DROPPED, True),
    "AT_DropConstraint": ("none", _UNTIED, True),
    "AT_SetNotNull": ("scan", _PROVEN, False),
    "AT_SetExpression": ("rewrite", "Rewrites every row and index, unless the column is virtual.", False),
    "AT_SetLogged": ("rewrite", _COPIED, False),
    "AT_SetUnLogged": ("rewrite", _COPIED, False),
    "AT_SetAccessMethod": ("rewrite", _COPIED, False),
    "AT_SetTableSpace": ("rewrite", "Copies the whole of it to another place on the disks, unless it is there.", False),
    "AT_AddOf": ("none", _CATALOGUE, True),
}
_SOFT_OPTIONS = ("autovacuum_", "vacuum_", "log_autovacuum_", "toast_tuple_target", "parallel_workers", "fillfactor")
_UNIQUE_KINDS = (pg.CONSTR_PRIMARY, pg.CONSTR_UNIQUE, pg.CONSTR_EXCLUSION)


def altered(node: pg.AlterTableStmt) -> Verdict:
    """Return what an ALTER TABLE does; changes in one statement are done together, under the strongest lock."""
    table = of_relation(node.relation)
    if node.relation.inh and kind_of_object(node.objtype) == "TABLE":
        return _with_heirs(together(_change(each.alter_table_cmd, table) for each in node.cmds), table)
    return together(_change(each.alter_table_cmd, table) for each in node.cmds)


def _with_heirs(verdict: Verdict, table: str) -> Verdict:
    words = f"{verdict.words} Partitions and heirs of {table}, if there are any, are locked and changed with it."
    return Verdict(locks=verdict.locks, work=verdict.work, words=words, certain=verdict.certain)


def _change(change: pg.AlterTableCmd, table: str) -> Verdict:
    name = pg.AlterTableType.Name(change.subtype)
    written = getattr(change, "def")
    here = {table: ACCESS_EXCLUSIVE}
    match name:
        case "AT_AddColumn":
            return added(written.column_def, table=table)
        case "AT_AlterColumnType":
            return retyped(written.column_def, table=table)
        case "AT_AddConstraint":
            return constrained(written.constraint, table=table)
        case "AT_ValidateConstraint":
            words = (
                "Reads every row, unless it is valid already. If it is a foreign key, RowShareLock on its other table."
            )
            return Verdict(locks={table: SHARE_UPDATE}, work="scan", words=words, certain=False)
        case "AT_AlterConstraint" if written.atalter_constraint.alter_enforceability:
            words = "Reads every row if it becomes enforced; its other table is locked too."
            return Verdict(locks=here, work="scan", words=words, certain=False)
        case "AT_AttachPartition" | "AT_DetachPartition" | "AT_DetachPartitionFinalize":
            return _partition(name, written.partition_cmd, table)
        case "AT_AddInherit" | "AT_DropInherit":
            parent = {of_relation(written.range_var): SHARE_UPDATE} if name == "AT_AddInherit" else {}
            return Verdict(locks={**here, **parent}, words=_CATALOGUE)
        case "AT_SetRelOptions" | "AT_ResetRelOptions":
            soft = all(each.def_elem.defname.startswith(_SOFT_OPTIONS) for each in written.list.items)
            return Verdict(locks={table: SHARE_UPDATE if soft else ACCESS_EXCLUSIVE}, words=_CATALOGUE)
        case _ if name in _WEAK:
            return Verdict(locks={table: SHARE_UPDATE}, words=_CATALOGUE)
        case _ if "Trig" in name:
            return Verdict(locks={table: SHARE_ROW}, words="Changes the catalogue only; ALL includes foreign keys.")
        case _:
            work, words, certain = _COSTS.get(name, ("none", _CATALOGUE, True))
            return Verdict(locks=here, work=work, words=words, certain=certain)


def constrained(constraint: pg.Constraint, *, table: str) -> Verdict:
    """Return what ADD CONSTRAINT does: a foreign key locks both tables."""
    here = {table: ACCESS_EXCLUSIVE}
    later = "Changes the catalogue only: rows that exist are not looked at; new ones must obey."
    if constraint.contype == pg.CONSTR_FOREIGN:
        both = {table: SHARE_ROW, of_relation(constraint.pktable): SHARE_ROW}
        if constraint.skip_validation:
            return Verdict(locks=both, words=later)
        return Verdict(locks=both, work="scan", words="Reads every row and looks for what it refers to.")
    if constraint.contype in _UNIQUE_KINDS and constraint.indexname:
        if constraint.contype == pg.CONSTR_UNIQUE:
            return Verdict(locks=here, words="Takes the index over and renames it.")
        words = "Takes the index over and renames it; reads every row, unless its columns are NOT NULL already."
        return Verdict(locks=here, work="scan", words=words, certain=False)
    if constraint.contype in _UNIQUE_KINDS:
        return Verdict(locks=here, work="build", words="Reads every row and builds an index meanwhile.")
    if constraint.skip_validation:
        return Verdict(locks=here, words=later)
    return Verdict(locks=here, work="scan", words="Reads every row, and fails if one does not obey.")


def _partition(name: str, command: pg.PartitionCmd, table: str) -> Verdict:
    part = of_relation(command.name)
    if name == "AT_AttachPartition":
        words = (
            f"Reads every row of {part}, unless a valid CHECK proves that it belongs there; of a default partition too."
        )
        return Verdict(locks={table: SHARE_UPDATE, part: ACCESS_EXCLUSIVE}, work="scan", words=words, certain=False)
    if command.concurrent or name == "AT_DetachPartitionFinalize":
        words = (
            f"Waits for all who use the table; {part} is locked at the end only. Interrupted, it waits for FINALIZE."
        )
        return Verdict(locks={table: SHARE_UPDATE, part: ACCESS_EXCLUSIVE}, words=words)
    return Verdict(locks={table: ACCESS_EXCLUSIVE, part: ACCESS_EXCLUSIVE}, words="Changes the catalogue only.")


def created(node: pg.CreateStmt) -> Verdict:
    """Return what CREATE TABLE does to the tables that exist: those it refers to, inherits from or is a part of."""
    locks: dict[str, str] = {}
    for each in node.table_elts:
        constraints = [each.constraint, *(inside.constraint for inside in each.column_def.constraints)]
        for constraint in constraints:
            if constraint.contype == pg.CONSTR_FOREIGN:
                locks[of_relation(constraint.pktable)] = SHARE_ROW
    mode = ACCESS_EXCLUSIVE if node.HasField("partbound") else SHARE_UPDATE
    for parent in node.inh_relations:
        locks[of_relation(parent.range_var)] = mode
    if not node.HasField("partbound"):
        return Verdict(locks=locks, words="Adds an empty table.")
    words = "Adds an empty table; a default partition, if there is one, is locked and read to its end."
    return Verdict(locks=locks, work="scan", words=words, certain=False)
