-- What has been done to this database: the version table that others read, and the truth after a crash.
CREATE TABLE runbook_ledger (
    run text NOT NULL,
    step text NOT NULL,
    version text NOT NULL,
    description text NOT NULL,
    checksum text NOT NULL,
    environment text NOT NULL,
    attempt integer NOT NULL,
    applied_at timestamptz,
    rolled_back_at timestamptz,
    execution_ms bigint,
    position text,
    rows bigint NOT NULL,
    epoch bigint NOT NULL,
    journal_head text NOT NULL,
    commits bigint NOT NULL DEFAULT 1,
    place bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (run, step)
)
