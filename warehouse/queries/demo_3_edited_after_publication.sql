-- What did outlets change after publication, and how did it read before?
with edits as (
    select
        source_id,
        diff_kind,
        seen_at,
        lag(title) over chronicle as title_before,
        title as title_after,
        string_split(lag(text) over chronicle, chr(10)) as before,
        string_split(text, chr(10)) as after,
        version,
        cause
    from article_versions
    -- texts are long: only those that have something to be compared with
    where article_id in (select edited.article_id from article_versions as edited where edited.version > 1)
    window chronicle as (partition by article_id order by version)
)
select
    source_id as outlet,
    seen_at,
    diff_kind,
    title_before,
    title_after,
    array_to_string(list_filter(before, lambda paragraph: not list_contains(after, paragraph)), ' / ') as said_before,
    array_to_string(list_filter(after, lambda paragraph: not list_contains(before, paragraph)), ' / ') as says_now
from edits
where
    version > 1
    and cause = 'publisher'
order by seen_at desc
limit 5;
