SELECT "table", rowid AS row, parent
FROM pragma_foreign_key_check(nullif(:table, ''))
