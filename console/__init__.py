"""Runbook Console: phased database migrations, driven by a person, kept in a journal."""

__version__ = "0.1.0"
