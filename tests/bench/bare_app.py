"""The least that Textual can do: an application with one line of text, to compare a start with."""

from textual.app import App, ComposeResult
from textual.widgets import Static

MARKER = "bare application"


class BareApp(App[None]):
    """One line."""

    def compose(self) -> ComposeResult:
        yield Static(MARKER)


if __name__ == "__main__":
    BareApp().run()
