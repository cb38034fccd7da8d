"""Where a URL leads. Rule: what the user, the environment or a service file says comes before our defaults."""

import os

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from console.core.errors import RunbookError
from console.databases.postgresql.naming import PROGRAM

FORMS = (
    "write postgresql://user@host:5432/database?sslmode=verify-full, postgresql:service=NAME or"
    " postgresql:host=/run/postgresql dbname=NAME; the password comes from ~/.pgpass or PGPASSWORD"
)
DEFAULTS = {
    "connect_timeout": "10",
    "keepalives": "1",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
    "fallback_application_name": PROGRAM,
}
"""Seconds, and milliseconds for the time-out: a connection that went dead is noticed within half a minute."""
_VARIABLES = {"connect_timeout": "PGCONNECT_TIMEOUT"}


def conninfo_of(url: str) -> str:
    """Return the connection string of a URL: `postgresql://…`, or `postgresql:` and libpq's own keywords.

    Raises RunbookError without repeating what it cannot read: a password may be in it.
    """
    rest = url.partition(":")[2]
    text = f"postgresql:{rest}" if rest.startswith("//") else rest
    try:
        given = conninfo_to_dict(text)
        if "@" in str(given.get("host") or "")[1:]:
            raise RunbookError("this URL has an @ too many", remedy="write %40 for an @ in the password or the user")
        missing = {name: value for name, value in DEFAULTS.items() if _VARIABLES.get(name, "") not in os.environ}
        known = {name: str(value) for name, value in given.items() if value is not None}
        return make_conninfo("", **{**missing, **known, "client_encoding": "UTF8"})
    except (psycopg.Error, UnicodeError) as error:
        raise RunbookError("this is no PostgreSQL URL that libpq can read", remedy=FORMS) from error
