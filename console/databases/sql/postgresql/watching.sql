-- A session that only looks: each look is short, waits for nobody and changes nothing.
SELECT
    set_config('application_name', 'runbook watches', false),
    set_config('statement_timeout', '1s', false),
    set_config('lock_timeout', '100ms', false),
    set_config('default_transaction_read_only', 'on', false),
    set_config('jit', 'off', false)
