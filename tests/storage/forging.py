"""What somebody can do to a journal who may write the file and knows how it is made."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from console.storage.codec import GENESIS


def with_hash(body: bytes) -> bytes:
    """Return a line with this beginning and a hash that fits."""
    return body + b',"hash":"' + hashlib.sha256(body).hexdigest().encode() + b'"}\n'


def body(line: bytes) -> bytes:
    """Return a line up to its hash."""
    return line[: line.rindex(b',"hash":')]


def hash_of(line: bytes) -> str:
    """Return the hash that a line bears."""
    return str(json.loads(line)["hash"])


def forged(line: bytes, old: bytes, new: bytes) -> bytes:
    """Return a line with a change and a hash that fits again."""
    assert old in line
    return with_hash(body(line).replace(old, new))


def changed(line: bytes, **fields: Any) -> bytes:
    """Return a line with other fields and a hash that fits again."""
    record = json.loads(line)
    del record["hash"]
    record.update(fields)
    return with_hash(json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()[:-1])


def rechained(lines: Iterable[bytes], *, was: Sequence[bytes] = ()) -> list[bytes]:
    """Return the lines numbered, chained, signed and hashed anew: nothing in the file shows that it was touched.

    `was` are the lines as they were written, where some of them were altered since.
    """
    head, found = GENESIS, []
    anew = {GENESIS: GENESIS}
    for number, line in enumerate(lines, start=1):
        record = json.loads(line)
        fields = {"seq": number, "prev": head}
        if record["type"] == "Sealed":
            fields["records"] = number
        if isinstance(record.get("head"), str):
            fields["head"] = anew.get(record["head"], record["head"])
        found.append(changed(line, **fields))
        head = hash_of(found[-1])
        anew |= {str(record["hash"]): head, **({hash_of(was[number - 1]): head} if was else {})}
    return found
