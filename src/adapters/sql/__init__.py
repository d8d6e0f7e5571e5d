"""SQLAlchemy Core on SQLite and on PostgreSQL."""
