"""How the hub keeps rows: SQLite, its connections, and the tables."""
