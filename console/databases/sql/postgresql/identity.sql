-- The control file of a server that was just promoted still names the old timeline; where it writes to tells. The
-- timeline that a replica follows is its primary's affair: it changes there, and some time later here.
SELECT
    (SELECT system_identifier::text FROM pg_control_system()) AS system,
    CASE
        WHEN pg_is_in_recovery() THEN 'that of its primary'
        ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
    END AS timeline,
    CASE WHEN pg_is_in_recovery() THEN 'replica' ELSE 'primary' END AS role,
    coalesce(host(inet_server_addr()), 'socket') AS address,
    current_setting('port') AS port,
    CASE
        WHEN pg_has_role(current_user, 'pg_read_all_settings', 'USAGE') THEN current_setting('data_directory')
        ELSE ''
    END AS data_directory,
    (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS oid,
    current_database()::text AS database,
    coalesce(current_schema()::text, '') AS schema
