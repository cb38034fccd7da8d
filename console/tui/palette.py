"""The command palette with our own commands. Rule: it offers what the keys do, and nothing of the toolkit's."""

from collections.abc import Callable

from textual.command import DiscoveryHit, Hit, Hits, Provider

from console.tui.keymap import PALETTE


class OwnKeys(Provider):
    """Everything that a key of the run screen does."""

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
        return tuple((words, action) for words, action in PALETTE if hasattr(self.screen, f"action_{action}"))

    def _do(self, action: str) -> Callable[[], None]:
        def do() -> None:
            self.app.call_later(self.screen.run_action, action)

        return do
