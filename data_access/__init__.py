"""Everything that speaks SQL: engine, schema, reads, writes, imports, demo company. Knows no screen, no settings."""
