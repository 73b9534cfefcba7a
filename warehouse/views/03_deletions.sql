-- Question: which articles are gone from the outlet's site, and since when?
-- Grain: one row an article that is gone. For the views of main, not for people.
-- Caveat: one 404 or 410 is no deletion: it takes two that lie at least six hours apart, and none but such since the
-- page was last there under any of its addresses.
create or replace view core.deletions as
with aliases as (
    select
        article_id,
        arg_max(alias_of, since_seq) as alias_of
    from core.article_aliases
    group by article_id
),
absences as (
    select
        coalesce(aliases.alias_of, urls.article_id) as article_id,
        visits.visited_at
    from raw.visits as visits
    inner join core.article_urls as urls using (url_key)
    left join aliases using (article_id)
    where
        visits.kind = 'page'
        and visits.outcome in ('not_found', 'gone')
),
presences as (
    select
        coalesce(aliases.alias_of, urls.article_id) as article_id,
        max(visits.visited_at) as last_present_at
    from raw.visits as visits
    inner join core.article_urls as urls using (url_key)
    left join aliases using (article_id)
    where
        visits.kind = 'page'
        and visits.outcome in ('ok', 'not_modified')
        and coalesce(aliases.alias_of, urls.article_id) in (select absences.article_id from absences)
    group by coalesce(aliases.alias_of, urls.article_id)
)
select
    absences.article_id,
    min(absences.visited_at) as deleted_at
from absences
left join presences using (article_id)
where
    presences.last_present_at is null
    or absences.visited_at > presences.last_present_at
group by absences.article_id
having max(absences.visited_at) - min(absences.visited_at) >= interval 6 hours;

comment on view core.deletions is 'One row an article that is gone from the outlet''s site.';
comment on column core.deletions.article_id is 'The article, aliases followed.';
comment on column core.deletions.deleted_at is 'First of the 404 or 410 answers since the page was last there.';
