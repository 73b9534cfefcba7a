-- How soon what is new can be asked for.

-- name: fresh
-- Articles that landings of this range brought from feeds that had been polled before: new to the world, not to us alone.
-- Where the feed changed is known from the stated instant, which lies between the two polls around it or is taken to.
select
    articles.first_seen_at,
    case
        when versions.published_precision in ('second', 'minute')
            then least(greatest(versions.published_at, articles.first_seen_after), articles.first_seen_at)
    end as changed_at
from core.articles as articles
inner join core.article_versions as versions
    on versions.article_id = articles.article_id
    and versions.landed_seq = articles.landed_seq
where
    articles.landed_seq > $after_seq
    and articles.landed_seq <= $through_seq
    and articles.first_seen_after is not null
    and versions.version = 1;
