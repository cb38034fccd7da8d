"""Which database it is. Rule: `facts` is compared before each write and holds no secret."""

from msgspec import Struct


class Identity(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which server and database: compared before each write, so only what never changes while a run is open."""

    engine: str
    version: str
    """Shown, not compared."""
    name: str
    """What a person calls the database; typed at a point of no return when no baseline is named."""
    label: str
    """Where it is, without any secret."""
    facts: dict[str, str] = {}
    """What is compared: system identifier, device, inode …"""
