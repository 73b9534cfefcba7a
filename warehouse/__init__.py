"""The memory: DuckDB and nothing else. Records come in and records go out; refuses HTTP, Prefect and decisions about news."""
