-- What was set together with the lock is still set only in the session that took it.
SELECT
    pg_backend_pid() AS backend,
    coalesce(current_setting('runbook.lock', true), '') AS marker
