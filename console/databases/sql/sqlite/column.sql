-- The key of a rowid table is never NULL when it is the rowid; SQLite does not say so.
SELECT name, NOT ("notnull" OR (pk > 0 AND upper(type) = 'INTEGER')) AS nullable, type
FROM pragma_table_xinfo(:table)
WHERE name = :column COLLATE NOCASE
