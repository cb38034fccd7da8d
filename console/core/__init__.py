"""Pure heart: events, the fold, commands and the decider. Rule: no I/O, no clock, no driver."""
