-- parameters: class, schema, pid
SELECT
    l.pid,
    coalesce(nullif(a.application_name, ''), 'no name') AS application,
    coalesce(host(a.client_addr), 'this machine') AS address,
    coalesce(to_char(coalesce(a.xact_start, a.query_start) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '?')
        AS since
FROM pg_locks AS l
LEFT JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory'
    AND l.granted
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.classid = $1::oid
    AND l.objid = to_regnamespace($2)::oid
    AND l.objsubid = 2
    AND l.pid <> $3::integer
