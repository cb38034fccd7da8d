ALTER TABLE customers ADD COLUMN display_name text;
UPDATE customers SET display_name = "fullName";
ALTER TABLE customers ALTER COLUMN display_name SET NOT NULL;
CREATE OR REPLACE VIEW customer_directory AS SELECT id, display_name AS "fullName", email FROM customers;
ALTER TABLE customers DROP COLUMN "fullName";
