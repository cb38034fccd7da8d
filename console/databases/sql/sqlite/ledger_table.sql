-- What has been done to this database: the version table that others read, and the truth after a crash.
CREATE TABLE IF NOT EXISTS runbook_ledger (
    run TEXT NOT NULL,
    step TEXT NOT NULL,
    version TEXT NOT NULL,
    description TEXT NOT NULL,
    checksum TEXT NOT NULL,
    environment TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    applied_at TEXT,
    rolled_back_at TEXT,
    execution_ms INTEGER,
    position TEXT,
    rows INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    journal_head TEXT NOT NULL,
    commits INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (run, step)
)
