"""The engine on real SQLite files, in this process and in processes of its own."""
