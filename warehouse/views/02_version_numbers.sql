-- Question: which stored version is which version of which article, now that some ids have proved to be one article?
-- Grain: one row a stored version. For the views of main, not for people: the text is left out to keep it narrow.
-- Caveat: when an alias is found, the versions of both ids are numbered anew in the order in which they landed.
create or replace view core.version_numbers as
with aliases as (
    select
        article_id,
        arg_max(alias_of, since_seq) as alias_of
    from core.article_aliases
    group by article_id
)
select
    coalesce(aliases.alias_of, versions.article_id) as article_id,
    row_number() over chronicle as version,
    lead(versions.landed_seq) over chronicle is null as is_latest,
    max(versions.seen_at) filter (where versions.cause = 'publisher' and versions.diff_kind <> 'first') over chronicle as updated_at,
    versions.article_id as stored_article_id,
    versions.version as stored_version,
    versions.content_hash,
    versions.landed_seq
from core.article_versions as versions
left join aliases using (article_id)
window chronicle as (
    partition by coalesce(aliases.alias_of, versions.article_id)
    order by versions.landed_seq, versions.version
);

comment on view core.version_numbers is 'One row a stored version: the article and version number it counts as.';
comment on column core.version_numbers.article_id is 'The article, aliases followed.';
comment on column core.version_numbers.version is 'From 1 without a gap.';
comment on column core.version_numbers.is_latest is 'True for the article''s newest version.';
comment on column core.version_numbers.updated_at is 'When the publisher''s last change up to this version was seen; NULL while there is none.';
comment on column core.version_numbers.stored_article_id is 'The id under which it landed.';
comment on column core.version_numbers.stored_version is 'The number under which it landed.';
comment on column core.version_numbers.content_hash is 'Names the wording.';
comment on column core.version_numbers.landed_seq is 'The landing that brought it.';
