"""The only layer that knows SQL: models and named queries, one file a noun, the same on SQLite and PostgreSQL."""
