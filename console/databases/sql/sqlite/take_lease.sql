INSERT INTO runbook_lease (id, epoch, run, account, host, pid, environment)
VALUES (1, 1, :run, :account, :host, :pid, :environment)
ON CONFLICT (id) DO UPDATE SET
    epoch = epoch + 1,
    run = excluded.run,
    account = excluded.account,
    host = excluded.host,
    pid = excluded.pid,
    environment = excluded.environment,
    released_at = NULL
RETURNING epoch
