-- An index that SQLite lists is complete: it is made in one transaction.
SELECT name, 1 AS valid
FROM sqlite_master
WHERE type = 'index' AND name = :name COLLATE NOCASE
