"""What must never be written down or shown, and how it is taken out of a text, an event or an error.

Rule: pure; secrets are a value that is handed on, never kept where everybody could reach them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from urllib.parse import quote, unquote, unquote_plus

from msgspec import Struct, json
from msgspec.structs import replace

from console.core.errors import RunbookConsoleError, RunbookError
from console.core.runbook import Document

MASK = "•••"
"""What stands where a secret was."""

SHORTEST = 4
"""Characters of a secret; a shorter one would be found in every other word, and taking it out would hide nothing."""

TELLING = 8
"""Characters from which on a secret that is no mere word is looked for in a runbook."""

_WORD = r"(?:pass(?:word|wd|phrase)?|pwd|secret|token)"
_USERINFO = re.compile(r"^([^:/?#]+://[^:@/]*):.*@", re.DOTALL)
_FIELD = re.compile(rf"({_WORD}\s*=\s*)('(?:[^'\\]|\\.)*'|[^&\s]*)", re.IGNORECASE)
_NAMED = re.compile(r"(?<!\S)env:[A-Za-z_][A-Za-z0-9_]*(?!\S)")
_IN_USERINFO = (
    re.compile(r"^[^:/?#]+://[^:@/]*:(.*)@", re.DOTALL),  # an @ of the password was not encoded
    re.compile(r"^[^:/?#]+://[^:@/]*:([^@]*)@"),  # there is another one further on
)
_NAMES = frozenset(
    (
        *("type", "step", "phase", "steps", "gates", "role", "roles", "driver", "asked_by", "action", "happened"),
        *("run", "environment", "console", "host", "schema", "head", "fact", "typed", "until", "facts"),
        *("source", "source_name", "source_digest", "plan_digest"),
    )
)
"""Fields that others are looked up by or compared with. A runbook and its text are executed as they were approved:
they are searched before a run begins, and never altered."""

T = TypeVar("T")
S = TypeVar("S", bound=Struct)


def resolve(text: str, environ: Mapping[str, str], *, what: str = "URL", in_step: bool = False) -> str:
    """Return what a runbook's text means: `env:NAME` is looked up, anything else is meant as it is.

    Raises RunbookError when the variable is not set.
    """
    if not text.startswith("env:"):
        return text
    name = text.removeprefix("env:")
    if not environ.get(name):
        anew = (
            "; an engine knows what was set when it began: stop it (q s), then `runbook run` again" if in_step else ""
        )
        raise RunbookError(f"The environment variable {name} is not set", remedy=f"export {name}={what}{anew}")
    return environ[name]


def spelt_out(texts: Iterable[str], environ: Mapping[str, str]) -> Iterator[str]:
    """Yield what the variables named `env:NAME` hold, and the longer words in it: a token after its scheme, a line."""
    for text in texts:
        value = environ.get(text.removeprefix("env:"), "") if text.startswith("env:") else ""
        if value:
            yield value
            yield from (word for word in value.split() if len(word) >= TELLING)


def _named_in(value: Any) -> Iterator[str]:
    """Yield every `env:NAME` that is a word of its own in a document."""
    match value:
        case str():
            yield from _NAMED.findall(value)
        case Struct():
            yield from (name for field in value.__struct_fields__ for name in _named_in(getattr(value, field)))
        case dict():
            yield from (name for each in value.values() for name in _named_in(each))
        case tuple() | list():
            yield from (name for each in value for name in _named_in(each))
        case _:
            return


def redacted(url: str) -> str:
    """Return a URL or a connection string as it may be shown: without a password."""
    return _FIELD.sub(r"\1***", _USERINFO.sub(r"\1:***@", url))


def holds_password(url: str) -> bool:
    """Tell whether a password stands in a URL or a connection string itself."""
    return any(True for _ in _passwords(url))


def _passwords(url: str) -> Iterator[str]:
    found = [match[1] for match in (pattern.match(url) for pattern in _IN_USERINFO) if match]
    found += [each[2] for each in _FIELD.finditer(url)]
    for each in found:
        if each.startswith("'") and each.endswith("'") and len(each) > 1:
            yield re.sub(r"\\(.)", r"\1", each[1:-1])
        if each:
            yield each


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """What this process knows and nobody else may; its own `repr` does not tell it."""

    values: tuple[str, ...] = ()
    """The longest first, in each form in which a message may repeat it."""

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Secrets":
        """Return the secrets of URLs or other values that came from the environment: each as a whole, and the
        passwords in it, as they stand there and decoded. What is shorter than SHORTEST is left out.
        """
        found = {form for text in texts for each in (text, *_passwords(text)) for form in _forms(each)}
        long_enough = (each for each in found if len(each) >= SHORTEST)
        return cls(tuple(sorted(long_enough, key=lambda each: (-len(each), each))))

    @classmethod
    def named_in(cls, document: Any, environ: Mapping[str, str]) -> "Secrets":
        """Return the secrets of whatever a document names as `env:NAME`."""
        return cls.of(spelt_out(_named_in(document), environ))

    def and_also(self, others: "Secrets") -> "Secrets":
        """Return both."""
        both = {*self.values, *others.values}
        return Secrets(tuple(sorted(both, key=lambda each: (-len(each), each))))

    def masked(self, text: str) -> str:
        """Return a text without them."""
        for value in self.values:
            text = text.replace(value, MASK)
        return text

    def out_of(self, struct: S) -> S:
        """Return an event or an answer without them; it is the same one when there was none in it.

        Names, and documents that are executed, are left as they are.
        """
        if not self.values or not self._may_be_in(struct):
            return struct
        return self._without(struct)

    def _may_be_in(self, struct: Struct) -> bool:
        try:
            raw = json.encode(struct)
            return any(json.encode(value)[1:-1] in raw for value in self.values)
        except (TypeError, ValueError, OverflowError, RecursionError):
            return True  # what has no JSON, such as halves of surrogate pairs, is looked at field by field

    def _without(self, value: T) -> T:
        changed: Any = value
        match value:
            case str():
                changed = self.masked(value)
            case Struct() if not isinstance(value, Document):
                fields = [name for name in value.__struct_fields__ if name not in _NAMES]
                changed = replace(value, **{name: self._without(getattr(value, name)) for name in fields})
            case tuple():
                changed = tuple(self._without(each) for each in value)
            case list():
                changed = [self._without(each) for each in value]
            case dict():
                changed = {self._without(key): self._without(each) for key, each in value.items()}
            case _:
                pass
        return cast("T", changed)

    @contextmanager
    def kept_from_errors(self) -> Iterator[None]:
        """Take them out of whatever error leaves the block."""
        try:
            yield
        except BaseException as error:
            self.hide(error)
            raise

    def hide(self, error: BaseException) -> None:
        """Take them out of an error, of what caused it and of what it carries, so that a traceback has none."""
        seen: set[int] = set()
        waiting: list[BaseException | None] = [error]
        while waiting:
            each = waiting.pop()
            if each is None or id(each) in seen or not self.values:
                continue
            seen.add(id(each))
            waiting += [each.__cause__, each.__context__]
            if isinstance(each, BaseExceptionGroup):
                waiting += each.exceptions
            self._hide(each)

    def _hide(self, error: BaseException) -> None:
        error.args = self._without(error.args)
        for name in ("__notes__", "filename", "filename2", "strerror"):
            if getattr(error, name, None) is not None:
                setattr(error, name, self._without(getattr(error, name)))
        if isinstance(error, RunbookConsoleError):
            error.message, error.remedy = self.masked(error.message), self.masked(error.remedy)

    def ensure_not_in(self, text: str, *, name: str) -> None:
        """Raise RunbookError when a runbook tells one of them: its text is kept as it was approved.

        A secret that is a mere word, or short, is not looked for: it stands in many a text without meaning anything.
        """
        for value in self.values:
            if len(value) < TELLING or value.replace("_", "").isalpha():
                continue
            if found := re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text):
                line = text.count("\n", 0, found.start()) + 1
                raise RunbookError(
                    f"{name}:{line}: here stands what the environment keeps secret about the database",
                    remedy="take it out of the runbook: a run keeps the runbook's whole text",
                )


def _forms(value: str) -> Iterator[str]:
    yield value
    for decoded in {unquote(value), unquote_plus(value)}:
        yield decoded
        yield from (quote(decoded, safe=safe, errors="surrogatepass") for safe in ("/", ""))
        # As Python and JSON quote it in a message.
        yield from (repr(decoded)[1:-1], json.encode(decoded.encode(errors="replace").decode())[1:-1].decode())
