"""Step kinds on real SQLite files."""
