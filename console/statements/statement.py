"""What is known of a statement without a server. Rule: plain frozen data, the same for every engine."""

from typing import Literal

from msgspec import Struct

StatementKind = Literal["query", "write", "schema", "transaction", "setting", "maintenance", "unknown"]
Work = Literal["none", "rows", "scan", "build", "rewrite"]
Blocks = Literal["nothing", "writes", "reads"]


class Statement(Struct, frozen=True, kw_only=True):
    """One statement as it is sent, with what its first words say."""

    text: str
    """Without the semicolon that ends it and without what surrounds it."""
    line: int
    """Of its first word in the text that was split, counted from 1."""
    verb: str
    """In capitals, long enough to tell statements apart: UPDATE, CREATE INDEX, ALTER TABLE ADD COLUMN."""
    kind: StatementKind
    transactional: bool
    """It can be part of a transaction, and a rollback takes it back."""
    repeatable: bool
    """It can be executed again at any time, and there is nothing to undo: it reads or maintains."""
    table: str = ""
    """The table it changes, without quotes and without its schema; empty when there is none."""
    schema: str = ""
    """Of that table, without quotes; empty when it is not written, or where there are none."""


class Effects(Struct, frozen=True, kw_only=True):
    """What a statement does to those who work on the database meanwhile."""

    lock: str
    """What it locks and who waits for that."""
    work: Work
    """`none`, whatever the size · the `rows` it names · a table's `scan`, index `build` or `rewrite`."""
    transactional: bool
    words: str
    """Both in a sentence or two for the operator."""
    blocks: Blocks = "nothing"
    """What others cannot do meanwhile to a table that it locks: nothing else waits · `writes` · `reads` and writes.

    Where that is anything, a statement that waits for its lock keeps all of them waiting behind it, too."""
    certain: bool = True
    """Whether the text alone says so; otherwise lock and work are the worst that can be, and the words say why."""


class Probe(Struct, frozen=True, kw_only=True):
    """A question to the database whose answer tells whether a statement happened."""

    purpose: str
    """What `Database.ask` is asked: `column`, `index`, `object` or another of the engine's questions."""
    parameters: dict[str, str]
    expected: Literal["present", "absent"]
    """After the statement there is a row, or there is none."""


class Leftover(Struct, frozen=True, kw_only=True):
    """What a statement that cannot be in a transaction leaves half-made when it is interrupted."""

    words: str
    probes: tuple[Probe, ...]
    """It is there when all of them say so."""
    busy: Probe | None = None
    """Says whether somebody is still at work on it: then it is none."""
    sql: str
    """What takes it away or completes it; it cannot be in a transaction either."""
    way: Literal["first", "instead", "again"]
    """That is executed first, then the statement · instead of it · it is the statement itself."""
