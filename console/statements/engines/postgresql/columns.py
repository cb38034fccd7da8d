"""What adding or changing a column costs. Rule: a function or type it does not know may be volatile or have a rule."""

from collections.abc import Iterable

from postgast import pg_query_pb2 as pg

from console.statements.engines.postgresql.names import of_relation, strings, within
from console.statements.engines.postgresql.verdicts import ACCESS_EXCLUSIVE, SHARE_ROW, Verdict, together

SERIAL = ("smallserial", "serial", "bigserial", "serial2", "serial4", "serial8")
_BUILT_IN = frozenset(
    (
        *(
            "text",
            "bytea",
            "json",
            "jsonb",
            "uuid",
            "xml",
            "date",
            "timestamp",
            "timestamptz",
            "time",
            "timetz",
            "inet",
        ),
        *("cidr", "macaddr", "macaddr8", "money", "name", "oid", "tsvector", "tsquery", "point", "line", "lseg", "box"),
        *(
            "path",
            "polygon",
            "circle",
            "bool",
            "int2",
            "int4",
            "int8",
            "float4",
            "float8",
            "numeric",
            "varchar",
            "bpchar",
        ),
        *(
            "bit",
            "varbit",
            "interval",
            "regclass",
            "regtype",
            "pg_lsn",
            "jsonpath",
            "int4range",
            "int8range",
            "numrange",
        ),
        *("tsrange", "tstzrange", "daterange"),
    )
)
_VOLATILE = frozenset(
    (
        *("random", "random_normal", "clock_timestamp", "timeofday", "nextval", "currval", "lastval", "setval"),
        *("gen_random_uuid", "uuidv4", "uuidv7", "uuid_generate_v1", "uuid_generate_v1mc", "uuid_generate_v4"),
        *("gen_random_bytes", "gen_salt", "pg_sleep"),
    )
)
_STEADY = frozenset(
    (
        *(
            "now",
            "transaction_timestamp",
            "statement_timestamp",
            "current_setting",
            "current_database",
            "current_schema",
        ),
        *("to_timestamp", "to_date", "to_char", "to_number", "date_trunc", "date_part", "extract", "make_date", "age"),
        *("make_interval", "timezone", "lower", "upper", "initcap", "concat", "concat_ws", "md5", "encode", "decode"),
        *("length", "repeat", "lpad", "rpad", "replace", "substring", "trim", "btrim", "abs", "round", "floor", "ceil"),
        *("to_json", "to_jsonb", "json_build_object", "jsonb_build_object", "json_build_array", "jsonb_build_array"),
        *("array_fill", "int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange", "to_tsvector"),
    )
)
_SIMPLE = "Changes the catalogue only: rows that exist get the value when they are read."
_KEEPS = {
    "text": "it is text or varchar now",
    "varchar": "it is varchar now and not longer, or, where no length is given, text",
    "numeric": "it is numeric now with the same scale and no more precision",
    "timestamp": "it is timestamp now with no more precision, or timestamptz and the session's TimeZone is UTC",
    "timestamptz": "it is timestamptz now with no more precision, or timestamp and the session's TimeZone is UTC",
    "varbit": "it is varbit now and not longer",
    "inet": "it is inet or cidr now",
}


def added(column: pg.ColumnDef, *, table: str) -> Verdict:
    """Return what ADD COLUMN does to the table, and to the one it refers to."""
    here = {table: ACCESS_EXCLUSIVE}
    constraints = [each.constraint for each in column.constraints]
    default = next((each.raw_expr for each in constraints if each.contype == pg.CONSTR_DEFAULT), None)
    filled = default is not None and not default.a_const.isnull
    verdicts = [_filling(column, default, constraints, here)]
    for each in constraints:
        match each.contype:
            case pg.CONSTR_CHECK:
                words = "Reads every row to see that the column's CHECK holds, though none has a value yet."
                verdicts.append(Verdict(locks=here, work="scan", words=words))
            case pg.CONSTR_NOTNULL if not filled and _own_values(column, constraints) is None:
                words = "Reads every row, and fails if there is one: it has no value for the column."
                verdicts.append(Verdict(locks=here, work="scan", words=words))
            case pg.CONSTR_UNIQUE | pg.CONSTR_PRIMARY:
                verdicts.append(Verdict(locks=here, work="build", words="Builds an index meanwhile."))
            case pg.CONSTR_FOREIGN:
                verdicts.append(_referring(each, here, filled=filled))
            case _:
                pass
    return together(verdicts)


def retyped(column: pg.ColumnDef, *, table: str) -> Verdict:
    """Return what ALTER COLUMN TYPE does: that depends on the type that it has, which the text does not show."""
    name = type_name(column.type_name)
    keeps = _KEEPS.get(name, "it is of that type already")
    unless = f"Rewrites every row and index, unless {keeps}: the text does not show that. A view on it makes it fail."
    return Verdict(locks={table: ACCESS_EXCLUSIVE}, work="rewrite", words=unless, certain=False)


def type_name(written: pg.TypeName) -> str:
    """Return the last part of a type's name."""
    return (strings(written.names) or ("",))[-1]


def volatile(expression: pg.Node) -> bool | None:
    """Tell whether an expression has another value for every row; None when a function in it is not known."""
    names = {name for each in within(expression, "FuncCall") for name in strings(each.funcname)[-1:]}
    if names & _VOLATILE:
        return True
    return None if names - _STEADY else False


def _filling(
    column: pg.ColumnDef, default: pg.Node | None, constraints: Iterable[pg.Constraint], here: dict[str, str]
) -> Verdict:
    """Return what the value of the rows that exist costs."""
    if own := _own_values(column, constraints):
        return Verdict(locks=here, work="rewrite", words=f"Rewrites every row and index: {own}.")
    changes = volatile(default) if default is not None else False
    if changes:
        return Verdict(locks=here, work="rewrite", words="Rewrites every row and index: each gets a value of its own.")
    if changes is None:
        words = (
            "Rewrites every row and index, unless its default is the same for all rows: the text does not show that."
        )
        return Verdict(locks=here, work="rewrite", words=words, certain=False)
    if type_name(column.type_name) not in _BUILT_IN:
        words = "Rewrites every row and index if the type is a domain with a rule: the text does not show that."
        return Verdict(locks=here, work="rewrite", words=words, certain=False)
    return Verdict(locks=here, words=_SIMPLE)


def _own_values(column: pg.ColumnDef, constraints: Iterable[pg.Constraint]) -> str | None:
    """Say why each row gets a value of its own that is stored; None when it does not, empty when it is computed."""
    if type_name(column.type_name) in SERIAL:
        return "each gets a number of its own"
    for each in constraints:
        if each.contype == pg.CONSTR_IDENTITY:
            return "each gets a number of its own"
        if each.contype == pg.CONSTR_GENERATED:
            return "the value is computed and stored in each" if each.generated_kind != "v" else ""
    return None


def _referring(constraint: pg.Constraint, here: dict[str, str], *, filled: bool) -> Verdict:
    parent = of_relation(constraint.pktable)
    locks = {**here, parent: SHARE_ROW}
    if filled:
        words = "Reads every row to see that what it refers to is there."
        return Verdict(locks=locks, work="scan", words=words)
    return Verdict(locks=locks, words=f"Writers of {parent} wait too.")
