"""How much of something that is finite each account has taken. Rule: nobody takes so much that others find none."""

from collections import Counter


class Room:
    """Connections, or bytes: so many for each account, and so many for all; the favoured always find their share."""

    def __init__(self, *, each: int, everybody: int) -> None:
        self.each, self.everybody = each, everybody
        self._taken: Counter[str] = Counter()

    def take(self, account: str, amount: int = 1, *, favoured: bool) -> bool:
        """Take some, if there is room, and tell whether there was."""
        if self._taken[account] + amount > self.each:
            return False
        if not favoured and self._taken.total() + amount > self.everybody:
            return False
        self._taken[account] += amount
        return True

    def give_back(self, account: str, amount: int = 1) -> None:
        """Give back what was taken."""
        self._taken[account] -= amount
        if not self._taken[account]:
            del self._taken[account]
