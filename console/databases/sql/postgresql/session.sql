SELECT pg_backend_pid() AS backend, quote_ident(current_schema()) AS schema
