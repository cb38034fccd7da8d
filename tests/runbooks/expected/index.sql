CREATE INDEX orders_account_placed ON orders (account_id, "placedAt");
