"""A text that is longer than its pane is wrapped beside the scrollbar, not below it."""

from textual.app import App, ComposeResult

from console.tui.widgets.prose import Prose
from console.views.rows import line

WORDS = " ".join(f"{number:05}" for number in range(100))


class Pane(App[None]):
    CSS = "Prose { height: 5; width: 41; scrollbar-size-vertical: 1; }"

    def compose(self) -> ComposeResult:
        yield Prose(id="prose")


async def test_a_text_that_grows_loses_no_letter_to_the_scrollbar() -> None:
    pane = Pane()
    async with pane.run_test(size=(60, 10)) as pilot:
        prose = pane.query_one(Prose)
        prose.show((line("short"),))
        await pilot.pause()
        prose.show((line(WORDS),))
        await pilot.pause()
        await pilot.pause()
        assert prose.show_vertical_scrollbar
        seen = " ".join(prose.render_line(y).text[: prose.scrollable_content_region.width] for y in range(5))
    words = seen.split()
    assert words == WORDS.split()[: len(words)]


async def test_once_it_is_short_again_it_has_the_whole_width_back() -> None:
    pane = Pane()
    async with pane.run_test(size=(60, 10)) as pilot:
        prose = pane.query_one(Prose)
        prose.show((line(WORDS),))
        await pilot.pause()
        prose.show((line("x" * 41),))
        await pilot.pause()
        await pilot.pause()
        assert not prose.show_vertical_scrollbar
        assert prose.render_line(0).text == "x" * 41
