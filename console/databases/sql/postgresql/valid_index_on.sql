-- parameters: table, name, columns
-- That very index: another one may have its name, on another table or of other columns. *: whatever its columns.
SELECT c.relname AS name
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
WHERE i.indisvalid AND i.indisready AND i.indislive AND c.relname = $2 AND i.indrelid = to_regclass((
    SELECT string_agg(quote_ident(part), '.' ORDER BY place)
    FROM unnest(string_to_array($1, '.')) WITH ORDINALITY AS n (part, place)
)) AND $3 IN ('*', concat(CASE WHEN i.indisunique THEN 'UNIQUE ' END, (
    SELECT format('(%s)', string_agg(a.attname, ', ' ORDER BY k.place))
    FROM unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, place)
    LEFT JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
    WHERE k.place <= i.indnkeyatts
), CASE WHEN i.indpred IS NOT NULL THEN ' WHERE' END))
