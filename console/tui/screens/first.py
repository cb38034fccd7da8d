"""Which screen a session is shown on. Rule: loaded when there is something to show, not before the first paint."""

from textual.screen import Screen

from console.sessions import Replay
from console.tui.link import Link
from console.tui.screens.replay import ReplayScreen
from console.tui.screens.run import RunScreen


def first_screen(link: Link) -> Screen[None]:
    """Return the screen for the session of a link."""
    session = link.session
    return ReplayScreen(link, session) if isinstance(session, Replay) else RunScreen(link)
