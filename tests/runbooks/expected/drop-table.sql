DROP TABLE fax_orders;
