-- Who may write: one row; an epoch is never given twice.
CREATE TABLE runbook_lease (
    id integer PRIMARY KEY CHECK (id = 1),
    epoch bigint NOT NULL,
    run text NOT NULL,
    account text NOT NULL,
    host text NOT NULL,
    pid bigint NOT NULL,
    environment text NOT NULL,
    released_at timestamptz
)
