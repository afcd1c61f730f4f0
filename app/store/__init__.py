"""The only layer with SQL: models and named queries, one file for each noun, the same on SQLite and PostgreSQL."""
