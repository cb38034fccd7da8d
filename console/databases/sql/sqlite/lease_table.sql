-- Who may write: one row; an epoch is never given twice.
CREATE TABLE IF NOT EXISTS runbook_lease (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL,
    run TEXT NOT NULL,
    account TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    environment TEXT NOT NULL,
    released_at TEXT
)
