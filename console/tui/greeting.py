"""What whoever comes to a run is told: what happened meanwhile, what is half-made. Rule: until they do something."""

from console.tui.link import Link
from console.views.debris import debris_line
from console.views.meanwhile import meanwhile
from console.views.rows import Body, Line


class Greeting:
    """Tells what happened between an account's last act and its coming back, and what is half-made in the target."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._line: Line = ()
        self.begin()

    def begin(self) -> None:
        """Somebody has just come."""
        self._arrived, self._told = self._link.session.now(), 0
        self._over = False

    def body(self) -> Body:
        """Return what there is to tell; empty when that is nothing, or over."""
        told = (self._meanwhile(), () if self._over else debris_line(self._link.state))
        return tuple(each for each in told if each)

    def _meanwhile(self) -> Line:
        records = self._link.session.records
        if not self._over and self._told != len(records) and records[-1].at <= self._arrived:
            self._told = len(records)
            account = self._link.session.account
            self._line = meanwhile(records, self._link.state.runbook, account=account, until=self._arrived)
        return self._line

    def end(self) -> bool:
        """Stop telling; return whether anything was told."""
        told, self._over, self._line = bool(self.body()), True, ()
        return told
