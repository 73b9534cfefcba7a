-- What the database knows of its own shape.

-- name: kind_of_database
select type
from duckdb_databases()
where database_name = current_database();

-- name: migrations_table
select table_name
from duckdb_tables()
where
    database_name = current_database()
    and schema_name = 'core'
    and table_name = 'migrations';

-- name: migrations
select number, name, sha256
from core.migrations
order by number;

-- name: record_migration
insert into core.migrations (number, name, sha256, applied_at)
values ($number, $name, $sha256, make_timestamp(epoch_us(now())));

-- name: last_view_set
select sha256
from core.view_sets
order by applied_at desc
limit 1;

-- name: record_view_set
insert into core.view_sets (sha256, applied_at)
values ($sha256, make_timestamp(epoch_us(now())));
