"""PostgreSQL's statements, without a server. Rule: its own parser says what they are; nothing is guessed from words."""

from console.statements.engines.postgresql.asking import asked_of
from console.statements.engines.postgresql.interrupted import leftovers_of
from console.statements.engines.postgresql.reading import COMMENTS, SEMICOLON, node_of, scanned, statements
from console.statements.engines.postgresql.recognising import recognised
from console.statements.engines.postgresql.verdicts import blocked, told
from console.statements.engines.postgresql.weighing import verdict_of
from console.statements.statement import Effects, Leftover, Probe, Statement


def split(sql: str) -> tuple[Statement, ...]:
    """Return the statements of a text."""
    return tuple(recognised(written) for written in statements(sql))


def pieces(sql: str) -> int:
    """Return how many pieces semicolons make of a text that need not be a whole statement."""
    found, inside = 0, False
    for token in scanned(sql)[1]:
        ends = token.token == SEMICOLON
        found += not ends and not inside and token.token not in COMMENTS
        inside = not ends and (inside or token.token not in COMMENTS)
    return found


def normalised(sql: str) -> str:
    """Return SQL without comments and with single spaces."""
    data, tokens = scanned(sql)
    written: list[bytes] = []
    end = 0
    for token in tokens:
        if token.token in COMMENTS:
            continue
        if written and token.start > end:
            written.append(b" ")
        written.append(data[token.start : token.end])
        end = token.end
    return b"".join(written).decode()


def effects(statement: Statement) -> Effects:
    """Say what it locks and how much work it is."""
    verdict = verdict_of(node_of(statement.text))
    return Effects(
        lock=told(verdict.locks),
        work=verdict.work,
        transactional=statement.transactional,
        words=verdict.words,
        blocks=blocked(verdict.locks),
        certain=verdict.certain,
    )


def probes(statement: Statement) -> tuple[Probe, ...]:
    """Return the questions that tell whether it happened."""
    return asked_of(node_of(statement.text))


def leftovers(statement: Statement) -> tuple[Leftover, ...]:
    """Return what it leaves half-made when it is interrupted."""
    return () if statement.transactional else leftovers_of(node_of(statement.text))
