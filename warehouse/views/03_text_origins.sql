-- Question: which text is an article, and on whom does what it says rest?
-- Grain: one row an article that holds a version. For the views of main, not for people.
-- Caveat: `origin` is the key that counts of independent origins are taken over: the agency the article is credited to,
-- else the agency most articles of its text are credited to, else the outlet where the text was first seen; each by its
-- owner family where we know one. Backfilled articles are first only among their own kind. text_id is NULL for articles
-- that landed before texts were compared: each is then its own origin.
create or replace view core.text_origins as
with article_aliases as (
    select
        article_id,
        arg_max(alias_of, since_seq) as alias_of
    from core.article_aliases
    group by article_id
),
text_aliases as (
    select
        text_id,
        arg_max(alias_of, since_seq) as alias_of
    from core.text_aliases
    group by text_id
),
declarations as (
    select
        source_id,
        coalesce(family, source_id) as family,
        lower(name) as name
    from core.sources
    qualify row_number() over (partition by source_id order by landed_seq desc) = 1
),
members as (
    select
        members.article_id,
        coalesce(text_aliases.alias_of, members.text_id) as text_id
    from (
        select
            article_id,
            arg_max(text_id, since_seq) as text_id
        from core.text_members
        group by article_id
    ) as members
    left join text_aliases using (text_id)
),
credits as (
    select
        numbers.article_id,
        signatures.agency
    from core.version_numbers as numbers
    left join core.text_signatures as signatures using (content_hash)
    where numbers.is_latest
),
agencies as (
    select
        named.agency,
        min(declarations.family) as family
    from (select distinct agency from core.text_signatures where agency is not null) as named
    inner join declarations
        on declarations.source_id = named.agency
        or declarations.name = named.agency
        or declarations.family = named.agency
    group by named.agency
),
articles as (
    select
        articles.article_id,
        coalesce(members.text_id, articles.article_id) as text_key,
        members.text_id,
        articles.source_id,
        articles.ingest_path = 'feed' as is_live,
        articles.first_seen_after,
        articles.first_seen_at,
        credits.agency,
        coalesce(agencies.family, credits.agency) as agency_origin,
        coalesce(declarations.family, articles.source_id, articles.article_id) as own_origin
    from core.articles as articles
    inner join credits using (article_id)
    left join members using (article_id)
    left join agencies using (agency)
    left join declarations using (source_id)
    where articles.article_id not in (select article_aliases.article_id from article_aliases)
),
text_credits as (
    select
        text_key,
        first(agency order by articles desc, agency) as agency,
        first(agency_origin order by articles desc, agency) as agency_origin
    from (
        select
            text_key,
            agency,
            agency_origin,
            count(*) as articles
        from articles
        where agency is not null
        group by
            text_key,
            agency,
            agency_origin
    ) as credited
    group by text_key
),
beginnings as (
    select
        text_key,
        first(own_origin order by is_live desc, first_seen_at, article_id) as first_origin,
        first(article_id order by is_live desc, first_seen_at, article_id) as first_article_id
    from articles
    group by text_key
),
texts as (
    select
        beginnings.text_key,
        text_credits.agency,
        text_credits.agency_origin,
        beginnings.first_origin,
        beginnings.first_article_id
    from beginnings
    left join text_credits using (text_key)
),
origins as (
    select
        texts.text_key,
        case
            when texts.agency_origin is null then texts.first_article_id
            else first(articles.article_id order by articles.is_live desc, articles.first_seen_at, articles.article_id)
                filter (where articles.own_origin = texts.agency_origin)
        end as origin_article_id
    from texts
    inner join articles using (text_key)
    group by
        texts.text_key,
        texts.agency_origin,
        texts.first_article_id
)
select
    articles.article_id,
    articles.text_id,
    articles.source_id,
    articles.is_live,
    articles.first_seen_after,
    articles.first_seen_at,
    texts.agency as text_agency,
    coalesce(articles.agency_origin, texts.agency_origin, texts.first_origin) as origin,
    origins.origin_article_id,
    case when articles.text_id is not null then articles.article_id is not distinct from origins.origin_article_id end as is_origin
from articles
inner join texts using (text_key)
inner join origins using (text_key);

comment on view core.text_origins is 'One row an article: which text it is and on whom it rests.';
comment on column core.text_origins.article_id is 'The article.';
comment on column core.text_origins.text_id is 'The text it is, aliases followed; NULL where it was never compared.';
comment on column core.text_origins.source_id is 'The source that announced it first.';
comment on column core.text_origins.is_live is 'A feed showed it; false for backfilled articles, which never count as first seen.';
comment on column core.text_origins.first_seen_after is 'Last successful poll of its feed that did not show it yet.';
comment on column core.text_origins.first_seen_at is 'Poll or archive record that first showed it.';
comment on column core.text_origins.text_agency is 'Agency most articles of its text are credited to; NULL: none.';
comment on column core.text_origins.origin is 'Whom it rests on: counts of independent origins are taken over this.';
comment on column core.text_origins.origin_article_id is 'The article where its text began; NULL when it is credited to an agency we do not hold.';
comment on column core.text_origins.is_origin is 'True for that article; NULL where it was never compared.';
