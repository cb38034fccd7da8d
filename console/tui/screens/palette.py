"""The command palette with our own commands. Rule: it offers what the keys do, and nothing of the toolkit's."""

from collections.abc import Callable

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider

from console.tui.keymap import PALETTE


def palette() -> CommandPalette:
    """Return the screen that offers the commands of the screen below it."""
    return CommandPalette(providers=[OwnKeys], placeholder="what to do …")


class OwnKeys(Provider):
    """Everything that a key of the screen does."""

    async def discover(self) -> Hits:
        """Offer all of them."""
        for words, action in self._offers():
            yield DiscoveryHit(words, self._do(action))

    async def search(self, query: str) -> Hits:
        """Offer those that match."""
        matcher = self.matcher(query)
        for words, action in self._offers():
            if (score := matcher.match(words)) > 0:
                yield Hit(score, matcher.highlight(words), self._do(action))

    def _offers(self) -> tuple[tuple[str, str], ...]:
        return tuple(each for each in PALETTE if hasattr(self.screen, f"action_{each[1].partition('(')[0]}"))

    def _do(self, action: str) -> Callable[[], None]:
        def do() -> None:
            self.app.call_later(self.screen.run_action, action)

        return do
