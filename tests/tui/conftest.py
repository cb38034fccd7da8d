"""A test of the screen takes seconds, most of them to draw: `make check` leaves them out."""

import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark all there are in this folder."""
    item.add_marker(pytest.mark.slow)
