-- parameters: pid
-- How far the server says a command is; columns that were renamed (PostgreSQL 17: dead tuples) are not needed.
SELECT
    command || ': ' || phase AS doing,
    CASE
        WHEN phase LIKE 'waiting%' THEN lockers_done
        WHEN blocks_total > 0 THEN blocks_done
        WHEN tuples_total > 0 THEN tuples_done
    END AS done,
    CASE
        WHEN phase LIKE 'waiting%' THEN lockers_total
        WHEN blocks_total > 0 THEN blocks_total
        WHEN tuples_total > 0 THEN tuples_total
    END AS total,
    CASE
        WHEN phase LIKE 'waiting%' THEN 'sessions'
        WHEN blocks_total > 0 THEN 'blocks'
        WHEN tuples_total > 0 THEN 'rows'
        ELSE ''
    END AS unit
FROM pg_stat_progress_create_index
WHERE pid = $1::integer
UNION ALL
SELECT
    'VACUUM: ' || phase,
    CASE phase WHEN 'scanning heap' THEN heap_blks_scanned WHEN 'vacuuming heap' THEN heap_blks_vacuumed END,
    CASE WHEN phase IN ('scanning heap', 'vacuuming heap') THEN heap_blks_total END,
    CASE WHEN phase IN ('scanning heap', 'vacuuming heap') THEN 'blocks' ELSE '' END
FROM pg_stat_progress_vacuum
WHERE pid = $1::integer
UNION ALL
SELECT
    command || ': ' || phase,
    CASE
        WHEN phase = 'seq scanning heap' THEN heap_blks_scanned
        WHEN phase = 'rebuilding index' THEN index_rebuild_count
        ELSE heap_tuples_written
    END,
    CASE WHEN phase = 'seq scanning heap' THEN heap_blks_total END,
    CASE phase WHEN 'seq scanning heap' THEN 'blocks' WHEN 'rebuilding index' THEN 'indexes' ELSE 'rows' END
FROM pg_stat_progress_cluster
WHERE pid = $1::integer
UNION ALL
SELECT
    'ANALYZE: ' || phase,
    CASE WHEN sample_blks_total > 0 THEN sample_blks_scanned END,
    nullif(sample_blks_total, 0),
    CASE WHEN sample_blks_total > 0 THEN 'blocks' ELSE '' END
FROM pg_stat_progress_analyze
WHERE pid = $1::integer
LIMIT 1
