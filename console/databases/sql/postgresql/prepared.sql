-- parameters: pids
-- Prepared transactions that hold what these sessions wait for; in pg_locks they have no process.
SELECT
    to_char(p.prepared AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS since,
    p.owner::text AS account,
    left(p.gid, 200) AS gid,
    extract(epoch FROM clock_timestamp() - p.prepared)::float8 AS seconds
FROM pg_prepared_xacts AS p
JOIN pg_locks AS own ON own.locktype = 'transactionid' AND own.granted AND own.transactionid = p.transaction
WHERE own.pid IS NULL AND EXISTS (
    SELECT 1
    FROM pg_locks AS h
    JOIN pg_locks AS w ON w.locktype = h.locktype
        AND (w.database, w.relation, w.page, w.tuple, w.virtualxid, w.classid, w.objid, w.objsubid)
            IS NOT DISTINCT FROM (h.database, h.relation, h.page, h.tuple, h.virtualxid, h.classid, h.objid, h.objsubid)
        AND w.transactionid::text IS NOT DISTINCT FROM h.transactionid::text
    WHERE h.pid IS NULL AND h.granted AND h.virtualtransaction = own.virtualtransaction
        AND NOT w.granted AND w.pid = ANY (string_to_array($1, ',')::integer[])
)
ORDER BY p.prepared
LIMIT 10
