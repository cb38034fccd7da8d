UPDATE customers SET country = 'ZZ' WHERE country IS NULL;
ALTER TABLE customers ALTER COLUMN country SET NOT NULL;
