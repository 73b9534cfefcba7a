-- What an export holds and says of itself.

-- name: stamp
select published_at, through_seq, data_as_of
from main.publication;

-- name: views
-- Every public view, whether it is parted by day, and the query that does so: by its own day, that of its article, or an
-- instant. The names are our own.
with columns as (
    select
        object,
        list(column_name) as names
    from main.docs
    where
        kind = 'view'
        and column_name is not null
    group by object
),
days as (
    select
        object,
        case
            when list_contains(names, 'day') then 'day'
            when list_contains(names, 'article_id') then 'article'
            when object in ('stories', 'visits', 'runs', 'rejections') then
                list_filter(['first_seen_at', 'started_at', 'rejected_at', 'at'], lambda name: list_contains(names, name))[1]
        end as parted_by
    from columns
)
select
    object as view,
    parted_by is not null as is_parted,
    case
        when parted_by is null then format('select shown.* from main."{0}" as shown', object)
        when parted_by = 'day' then format('select shown.* from main."{0}" as shown order by shown.day', object)
        when parted_by = 'article' then
            format(
                'select shown.*, articles.day from main."{0}" as shown inner join main.articles as articles using (article_id) order by articles.day',
                object
            )
        else format('select shown.*, shown."{1}"::date as day from main."{0}" as shown order by day', object, parted_by)
    end as query
from days
order by view;
