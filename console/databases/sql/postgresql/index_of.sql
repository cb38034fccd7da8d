-- parameters: table, name
SELECT indexrelid::regclass::text AS name
FROM pg_index
WHERE indrelid = to_regclass((
    SELECT string_agg(quote_ident(part), '.' ORDER BY place)
    FROM unnest(string_to_array($1, '.')) WITH ORDINALITY AS n (part, place)
)) AND indexrelid = to_regclass((
    SELECT string_agg(quote_ident(part), '.' ORDER BY place)
    FROM unnest(string_to_array($2, '.')) WITH ORDINALITY AS n (part, place)
))
