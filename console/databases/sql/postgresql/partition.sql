-- parameters: table, partition
-- Known to its table, though it may be on its way out: DETACH CONCURRENTLY takes two steps.
SELECT inhrelid::regclass::text AS name
FROM pg_inherits
WHERE inhparent = to_regclass((
    SELECT string_agg(quote_ident(part), '.' ORDER BY place)
    FROM unnest(string_to_array($1, '.')) WITH ORDINALITY AS n (part, place)
)) AND inhrelid = to_regclass((
    SELECT string_agg(quote_ident(part), '.' ORDER BY place)
    FROM unnest(string_to_array($2, '.')) WITH ORDINALITY AS n (part, place)
))
