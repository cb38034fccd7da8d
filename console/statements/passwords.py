"""Literal passwords in what people write: URLs, addresses, command lines, SQL. Rule: doubt is a password.

Pure, and in time proportional to the text, which anybody may have written.
"""

import re
from collections import deque
from itertools import pairwise
from urllib.parse import unquote

_KEYS = frozenset({"password", "passwd", "pwd", "passphrase", "sslpassword"})
_WORTH_A_LOOK = re.compile(r"pass|pwd|identified|://|key|mysql|%", re.IGNORECASE)
_PORT = re.compile(r"[0-9]{1,5}(?:[/?#]|\Z)")
_PLACEHOLDER = re.compile(r"['\"]?(?:[$%]\{?\w*\}?|<[^>]*>|\[[^]]*\]|\{[^}]*\}|\*+|…|\.{3}|[:?@]\w*|)['\"]?[,;.)]?")
_ASSIGNED = re.compile(r"\b(?:ssl)?(?:password|passwd|pwd)\s*=\s*('[^']+'|[^\s'\",;()]+)", re.IGNORECASE)
_CONNINFO = r"\b(?:host|hostaddr|user|dbname|port|service|sslmode|connect_timeout|application_name)\s*=\s*"
_CONNINFO_BEFORE = re.compile(_CONNINFO + r"[^\s,;()]+\s+\Z", re.IGNORECASE)
_CONNINFO_AFTER = re.compile(r"\s+" + _CONNINFO, re.IGNORECASE)
_NEAR = 120
"""Characters around an assignment in which another one makes it the address of a database."""
_GIVEN = re.compile(r"(?:\b(?:PGPASSWORD|MYSQL_PWD)|--(?:password|passwd|passphrase))=(\S+)")
_SHORT = re.compile(r"\s-p(\S+)")
_SQL = re.compile(
    r"""
    (?P<blank>\s+ | --[^\n]*+ | /\*(?:[^*]|\*(?!/))*+(?:\*/)?)
    | (?P<text>'(?:[^']|'')*+' | "[^"]*+") | (?P<body>\$\w{0,60}+\$)
    | (?P<word>\w++) | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_SAID_IN_SQL = re.compile(r"password|passphrase|identified|key", re.IGNORECASE)
_LONGEST = 30
"""Characters of the longest word that says so."""
_LEADING = frozenset({"=", "(", "BY", "AS", "PASSWORD", "PASSPHRASE", "KEY", "REKEY", "E", "N"})
"""What a literal comes after that is a password."""
_REMEMBERED = 12
"""Words before a literal that say what it is."""
_MOST = 1000
"""Assignments of passwords that one text is searched for; more are no text of a runbook."""


def held(text: str) -> bool:
    """Tell whether a text holds a literal password: in a URL, an address, a command line or SQL."""
    if not _WORTH_A_LOOK.search(text):
        return False
    return any(_in_word(word) for word in text.split()) or _in_address(text) or _on_command_line(text) or _in_sql(text)


def held_by_address(text: str) -> bool:
    """Tell whether the address of a database holds a password, more strictly: it is nothing but an address."""
    user, at, _ = text.partition("://")[2].partition("@")
    return held(text) or bool(at and ":" in user) or bool(_ASSIGNED.search(unquote(text)))


def _in_word(word: str) -> bool:
    """Look for `scheme://user:password@` and for `?password=` in what has no space in it."""
    _, sign, rest = word.partition("://")
    if sign:
        user, _, after = rest.rpartition("@")[0].partition(":")
        if after and "/" not in user and not _PORT.match(after) and not _is_placeholder(after):
            return True
    before, sign, parameters = word.partition("?")
    if not sign or ":" not in before:
        return False
    pairs = (each.partition("=") for each in re.split("[&;]", parameters))
    return any(unquote(name).lower() in _KEYS and not _is_placeholder(value) for name, _, value in pairs)


def _in_address(text: str) -> bool:
    """Look for `host=… password=…`, as libpq has it."""
    for count, each in enumerate(_ASSIGNED.finditer(text)):
        before, after = text[max(0, each.start() - _NEAR) : each.start()], text[each.end() : each.end() + _NEAR]
        among_others = _CONNINFO_BEFORE.search(before) or _CONNINFO_AFTER.match(after)
        if count == _MOST or (among_others and not _is_placeholder(each[1])):
            return True
    return False


def _on_command_line(text: str) -> bool:
    if any(not _is_placeholder(each[1]) for each in _GIVEN.finditer(text)):
        return True
    calls = (line.partition("mysql")[2] for line in text.split("\n"))
    return any(not _is_placeholder(each[1]) for call in calls for each in _SHORT.finditer(call))


def _in_sql(text: str) -> bool:
    """Look for what a statement gives as a password; the body of a function is read like what surrounds it."""
    if not _SAID_IN_SQL.search(text):
        return False
    before: deque[str] = deque(maxlen=_REMEMBERED)
    for found in _SQL.finditer(text):
        match found.lastgroup:
            case "text" if not _is_placeholder(found[0][1:-1]) and _is_password(before, quote=found[0][0]):
                return True
            case "body" if _is_password(before, quote="$"):
                return True
            case "blank":
                continue
            case _:
                before.append(found[0][:_LONGEST].upper())
    return False


def _is_password(before: deque[str], *, quote: str) -> bool:
    """Tell by the words before a literal whether it is a password."""
    if not before or before[-1] not in _LEADING:
        return False
    words = list(before)
    words = words[:-1] if words[-1] in ("E", "N") else words
    last, opened = words[-1:], words[-2:-1] if words[-1:] in (["="], ["("]) else words[-1:]
    if last in (["BY"], ["AS"]) and "IDENTIFIED" in words:
        return True
    if last == ["="] and any(pair == ("SET", "PASSWORD") for pair in pairwise(words)):
        return True
    if quote == '"':
        return False
    if opened in (["PASSWORD"], ["PASSPHRASE"]) and last != ["="]:
        return True
    if opened in (["MASTER_PASSWORD"], ["SOURCE_PASSWORD"]):
        return True
    return opened in (["KEY"], ["REKEY"]) and ("PRAGMA" in words or "ATTACH" in words)


def _is_placeholder(value: str) -> bool:
    """Tell a name for a password, `$PASSWORD` or `<password>`, from one."""
    return bool(_PLACEHOLDER.fullmatch(value))
