DROP VIEW order_totals;
ALTER TABLE order_lines ADD COLUMN price_cents_new bigint;
UPDATE order_lines SET price_cents_new = price_cents;
ALTER TABLE order_lines ALTER COLUMN price_cents_new SET NOT NULL;
ALTER TABLE order_lines DROP COLUMN price_cents;
ALTER TABLE order_lines RENAME COLUMN price_cents_new TO price_cents;
CREATE VIEW order_totals AS
SELECT order_id, sum(quantity * price_cents)::bigint AS total_cents FROM order_lines GROUP BY order_id;
