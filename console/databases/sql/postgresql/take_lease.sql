-- parameters: run, account, host, pid, environment
INSERT INTO runbook_lease AS held (id, epoch, run, account, host, pid, environment)
VALUES (1, 1, $1, $2, $3, $4, $5)
ON CONFLICT (id) DO UPDATE SET
    epoch = held.epoch + 1,
    run = excluded.run,
    account = excluded.account,
    host = excluded.host,
    pid = excluded.pid,
    environment = excluded.environment,
    released_at = NULL
RETURNING epoch
