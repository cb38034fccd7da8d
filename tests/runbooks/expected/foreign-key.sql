CREATE INDEX orders_warehouse_id ON orders (warehouse_id);
ALTER TABLE orders ADD CONSTRAINT orders_warehouse_id_fkey FOREIGN KEY (warehouse_id) REFERENCES warehouses (id);
