-- parameters: lock_timeout, deadlock_timeout
-- For this transaction. Autovacuum steps aside for who has waited for it as long as deadlock_timeout, which only a
-- superuser sets; it would never be waited for as long as that.
SELECT
    set_config('lock_timeout', $1, true),
    CASE WHEN current_setting('is_superuser') = 'on' THEN set_config('deadlock_timeout', $2, true) END
