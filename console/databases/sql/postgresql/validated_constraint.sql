-- parameters: table, name
SELECT conname AS name
FROM pg_constraint
WHERE convalidated AND conname = $2 AND conrelid = to_regclass((
    SELECT string_agg(quote_ident(part), '.' ORDER BY place)
    FROM unnest(string_to_array($1, '.')) WITH ORDINALITY AS n (part, place)
))
