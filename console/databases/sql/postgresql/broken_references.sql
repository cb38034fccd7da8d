-- parameters: table
-- One query for each foreign key; what they find is the answer. No table: all of them.
SELECT format(
    'SELECT %L AS "table", c.ctid::text AS "row", %L AS parent FROM %s AS c WHERE %s AND NOT EXISTS (SELECT 1 FROM %s AS p WHERE %s)',
    k.conrelid::regclass, k.confrelid::regclass, k.conrelid::regclass,
    string_agg(format('c.%I IS NOT NULL', a.attname), ' AND ' ORDER BY pair.place),
    k.confrelid::regclass,
    string_agg(format('p.%I = c.%I', b.attname, a.attname), ' AND ' ORDER BY pair.place)
) AS query
FROM pg_constraint AS k
CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS pair (child, parent, place)
JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = pair.child
JOIN pg_attribute AS b ON b.attrelid = k.confrelid AND b.attnum = pair.parent
WHERE k.contype = 'f' AND k.conparentid = 0 AND ($1 = '' OR k.conrelid = to_regclass((
    SELECT string_agg(quote_ident(part), '.' ORDER BY place)
    FROM unnest(string_to_array($1, '.')) WITH ORDINALITY AS n (part, place)
)))
GROUP BY k.oid, k.conrelid, k.confrelid
ORDER BY k.oid
