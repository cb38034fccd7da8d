SELECT p.prosrc AS source
FROM pg_proc AS p
JOIN pg_language AS l ON l.oid = p.prolang
WHERE l.lanname = 'plpgsql' AND p.prosrc ILIKE '%raise%'
