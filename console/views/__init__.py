"""RunState, and the time, into rows with a tone. Rule: pure; nothing here knows a terminal."""
