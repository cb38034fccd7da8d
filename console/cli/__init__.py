"""The command line: a module for each verb, found by the folder. Rule: only here concrete parts are named."""
