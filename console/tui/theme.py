"""The colours, after Okabe and Ito: told apart by the colour-blind too. Rule: the only place that names a colour."""

from textual.theme import Theme

_TONES = {
    "tone-neutral": "#d8dee9",
    "tone-quiet": "#8b96a8",
    "tone-good": "#3fc29b",
    "tone-running": "#56b4e9",
    "tone-waiting": "#f0c342",
    "tone-locked": "#a9a29a",
    "tone-bad": "#ff7a45",
    "tone-doubt": "#d993bd",
    "tone-danger": "#ff9166",
}

_GROUNDS = {
    "cursor-ground": "#26405c",
    "cursor-away": "#1d2836",
    "danger-ground": "#9c3100",
    "danger-text": "#ffffff",
    "danger-dim": "#3a1c12",
    "edge": "#3b4758",
    "edge-focus": "#56b4e9",
    "sql-keyword": "#56b4e9",
    "sql-text": "#3fc29b",
    "sql-number": "#f0c342",
    "sql-comment": "#8b96a8",
}

VARIABLES = {**_TONES, **_GROUNDS}
"""What the style sheets may use beside Textual's own variables."""

THEME = Theme(
    name="runbook",
    primary="#56b4e9",
    secondary="#009e73",
    accent="#e69f00",
    warning="#f0c342",
    error="#ff7a45",
    success="#3fc29b",
    foreground="#d8dee9",
    background="#10151c",
    surface="#151b24",
    panel="#1c2430",
    boost="#26405c",
    dark=True,
    variables={
        **VARIABLES,
        "scrollbar": "#3b4758",
        "scrollbar-hover": "#56b4e9",
        "scrollbar-active": "#56b4e9",
        "scrollbar-background": "#151b24",
        "scrollbar-background-hover": "#151b24",
        "scrollbar-background-active": "#151b24",
        "scrollbar-corner-color": "#151b24",
    },
)
