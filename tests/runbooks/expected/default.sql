ALTER TABLE orders ADD COLUMN priority smallint NOT NULL DEFAULT 3;
ALTER TABLE orders ADD COLUMN public_id uuid NOT NULL DEFAULT gen_random_uuid();
CREATE UNIQUE INDEX orders_public_id ON orders (public_id);
