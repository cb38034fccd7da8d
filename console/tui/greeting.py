"""What whoever comes back to a run is told. Rule: only of what happened before they came, until they do something."""

from console.tui.link import Link
from console.views.meanwhile import meanwhile
from console.views.rows import Line


class Greeting:
    """Tells what happened between an account's last act and its coming back."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._line: Line = ()
        self.begin()

    def begin(self) -> None:
        """Somebody has just come."""
        self._arrived, self._told = self._link.session.now(), 0
        self._over = False

    def line(self) -> Line:
        """Return what there is to tell; empty when that is nothing, or over."""
        records = self._link.session.records
        if not self._over and self._told != len(records) and records[-1].at <= self._arrived:
            self._told = len(records)
            account = self._link.session.account
            self._line = meanwhile(records, self._link.state.runbook, account=account, until=self._arrived)
        return self._line

    def end(self) -> bool:
        """Stop telling; return whether anything was told."""
        told, self._over, self._line = bool(self._line), True, ()
        return told
