"""Where a runbook announces what happens. Rule: one way for each place, and no secret in it."""

from urllib.parse import urlsplit

from console.core.runbook import Announce, Runbook
from console.core.secrets import holds_password
from console.storage.typed_nodes import Nodes
from console.storage.yaml_nodes import Mapping, Sequence


def check_announcements(nodes: Nodes, root: Mapping, runbook: Runbook) -> None:
    """Tell places that nothing can be sent to."""
    entry = root.entries.get("announce")
    written = entry[1].items if entry and isinstance(entry[1], Sequence) else []
    for node, place in zip(written, runbook.announce, strict=True):
        if why := _unfit(place):
            field = node.entries.get(why.partition(":")[0]) if isinstance(node, Mapping) else None
            nodes.wrong(field[1].place if field else node.place, why)


def _unfit(place: Announce) -> str:
    if bool(place.webhook) == bool(place.command):
        return "announce: each place is either a webhook or a command: write webhook: env:NAME, or command: [program]"
    if not place.events:
        return "events: is empty, so that nothing would be announced: name some, or take it out"
    if place.command:
        return "" if place.command[0].strip() else "command: names no program: write [program, argument]"
    return _unfit_address(place.webhook)


def _unfit_address(url: str) -> str:
    if url.startswith("env:"):
        name = url.removeprefix("env:")
        fits = name.isascii() and name.replace("_", "a").isalnum() and not name[0].isdigit()
        return "" if fits else "webhook: after env: comes the name of an environment variable, such as env:WEBHOOK_URL"
    try:
        found = urlsplit(url)
    except ValueError:
        return "webhook: is no URL: write env:NAME or https://…"
    if found.username or found.password or holds_password(url):
        return "webhook: holds a secret: put the URL into an environment variable and write env:NAME"
    return "" if found.scheme == "https" and found.hostname else "webhook: write env:NAME or an https:// address"
