-- parameters: type, value
SELECT enumlabel AS name
FROM pg_enum
WHERE enumlabel = $2 AND enumtypid = to_regtype((
    SELECT string_agg(quote_ident(part), '.' ORDER BY place)
    FROM unnest(string_to_array($1, '.')) WITH ORDINALITY AS n (part, place)
))
