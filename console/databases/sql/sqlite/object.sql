SELECT type AS kind, name
FROM sqlite_master
WHERE type = :kind AND name = :name COLLATE NOCASE
