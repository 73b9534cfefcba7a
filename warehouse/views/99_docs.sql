-- Question: what can be asked here?
-- Grain: one row a view (column_name NULL) and one for each of its columns, in their order; one row a macro.
-- Caveat: only main is a promise; raw and core may change with any release.
create or replace view main.docs as
with objects as (
    select
        view_name as object,
        'view' as kind,
        0 as position,
        null::varchar as column_name,
        null::varchar as data_type,
        comment as description
    from duckdb_views()
    where
        database_name = current_database()
        and schema_name = 'main'
        and not internal
),
fields as (
    select
        columns.table_name as object,
        'view' as kind,
        columns.column_index as position,
        columns.column_name,
        columns.data_type,
        columns.comment as description
    from duckdb_columns() as columns
    inner join objects
        on objects.object = columns.table_name
    where
        columns.database_name = current_database()
        and columns.schema_name = 'main'
),
macros as (
    select
        function_name as object,
        'macro' as kind,
        0 as position,
        array_to_string(parameters, ', ') as column_name,
        null::varchar as data_type,
        comment as description
    from duckdb_functions()
    where
        database_name = current_database()
        and schema_name = 'main'
        and function_type in ('macro', 'table_macro')
        and not internal
)
select
    object,
    kind,
    column_name,
    data_type,
    description
from (
    from objects
    union all by name
    from fields
    union all by name
    from macros
) as documented
order by
    object,
    position;

comment on view main.docs is 'What can be asked here. One row an object, and one for each of its columns.';
comment on column main.docs.object is 'Name of the view or macro.';
comment on column main.docs.kind is 'view or macro.';
comment on column main.docs.column_name is 'Name of the column; NULL on the row of the view itself; for a macro, its parameters.';
comment on column main.docs.data_type is 'Type of the column.';
comment on column main.docs.description is 'What it holds.';
