"""extractors: bytes and records in, records out. No Prefect, no DuckDB, no clock, no environment."""
