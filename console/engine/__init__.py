"""The one process that executes: command → intent → run → outcome.

Rule: nothing is done before its intent is durable.
"""
