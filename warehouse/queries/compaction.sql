-- Writing the private file anew, without the holes that replaced rows left.

-- name: blocks
-- Blocks of 256 KiB, and how many of them hold nothing.
select total_blocks, free_blocks
from pragma_database_size()
where database_name = current_database();

-- name: tables
-- Every table, what empties it in the new file and what fills it from the old one.
select
    schema_name || '.' || table_name as table_name,
    format('delete from compacted.{}.{}', schema_name, table_name) as emptying,
    format('insert into compacted.{0}.{1} by name select * from warehouse.{0}.{1}', schema_name, table_name) as filling,
    format(
        'select (select count(*) from compacted.{0}.{1}) = (select count(*) from warehouse.{0}.{1}) as is_whole', schema_name, table_name
    ) as proof
from duckdb_tables()
where
    database_name = 'warehouse'
    and schema_name in ('raw', 'core')
order by
    schema_name,
    table_name;
