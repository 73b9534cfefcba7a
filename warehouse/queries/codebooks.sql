-- What is held, under one codebook and under another.
-- `since`: only articles whose day is it or later; NULL: all that is held. Versions of an article count by its newest one's day.

-- name: codebooks
-- The last state of each, with its text where it did not come with the program, and when it last became the active one.
select
    codebooks.codebook_version,
    codebooks.themes,
    codebooks.is_active,
    codebooks.is_complete,
    texts.codebook_toml as toml,
    (
        select max(earlier.landed_seq)
        from core.codebooks as earlier
        where
            earlier.codebook_version = codebooks.codebook_version
            and earlier.is_active
    ) as active_seq
from core.codebooks as codebooks
left join core.codebook_texts as texts using (codebook_version)
qualify row_number() over (partition by codebooks.codebook_version order by codebooks.landed_seq desc) = 1
order by
    active_seq desc nulls last,
    codebooks.ordinal desc;

-- name: active
select
    codebooks.codebook_version,
    texts.codebook_toml as toml
from main.codebooks as codebooks
left join core.codebook_texts as texts using (codebook_version)
where codebooks.active;

-- name: any_wording
select content_hash
from core.article_versions
limit 1;

-- name: unclassified
-- Wordings without a word from a codebook, newest first.
with scope as (
    select numbers.article_id
    from core.version_numbers as numbers
    inner join core.article_versions as versions
        on versions.article_id = numbers.stored_article_id
        and versions.version = numbers.stored_version
    inner join core.articles as articles
        on articles.article_id = numbers.article_id
    where
        numbers.is_latest
        and coalesce(versions.published_on, articles.first_seen_at::date) >= $since::date
)
select
    content_hash,
    max(landed_seq) as landed_seq
from core.version_numbers
where
    content_hash not in (
        select content_hash
        from core.classifications
        where codebook_version = $codebook_version
    )
    and ($since::date is null or article_id in (from scope))
group by content_hash
order by
    landed_seq desc,
    content_hash;

-- name: wordings
-- Rows lie in the order of their landings: the bounds keep the database from reading every text there is.
select
    content_hash,
    title,
    text,
    lang
from core.article_versions
where
    landed_seq between $since_seq and $through_seq
    and content_hash in (from content_hashes)
qualify row_number() over (partition by content_hash order by landed_seq desc) = 1;

-- name: compare_articles
-- The articles of the scope that both codebooks have judged. `rehearsed` is what was found and not landed.
create or replace temp table compared_articles as
with judged as (
    select
        content_hash,
        is_relevant
    from core.classifications
    where codebook_version = $after
    union
    select
        content_hash,
        is_relevant
    from rehearsed
)
select
    numbers.article_id,
    numbers.content_hash,
    former.is_relevant as was_relevant,
    judged.is_relevant
from core.version_numbers as numbers
inner join core.article_versions as versions
    on versions.article_id = numbers.stored_article_id
    and versions.version = numbers.stored_version
inner join core.articles as articles
    on articles.article_id = numbers.article_id
inner join judged
    on judged.content_hash = numbers.content_hash
inner join core.classifications as former
    on former.content_hash = numbers.content_hash
    and former.codebook_version = $before
where
    numbers.is_latest
    and ($since::date is null or coalesce(versions.published_on, articles.first_seen_at::date) >= $since::date);

-- name: compare_themes
-- What each of them shows under the two, and the strongest passage. `shown` is what was found and not landed.
create or replace temp table compared_themes as
with passages as (
    select false as is_after, content_hash, theme, part, span_start, span_end, cue, score
    from core.evidence
    where codebook_version = $before
    union all
    select true as is_after, content_hash, theme, part, span_start, span_end, cue, score
    from core.evidence
    where codebook_version = $after
    union all
    select true as is_after, content_hash, theme, part, span_start, span_end, cue, score
    from shown
)
select
    compared.article_id,
    compared.content_hash,
    passages.theme,
    case when not bool_and(passages.is_after) then case when bool_or(passages.is_after) then 'kept' else 'lost' end else 'gained' end as change,
    first(
        {
            'part': passages.part,
            'span_start': passages.span_start,
            'span_end': passages.span_end,
            'cue': passages.cue,
            'score': passages.score
        }
        order by passages.score desc, passages.part desc, passages.span_start, passages.span_end, passages.cue
    ) as passage
from compared_articles as compared
inner join passages using (content_hash)
group by
    compared.article_id,
    compared.content_hash,
    passages.theme;

-- name: compared
select
    count(*) as articles,
    count(*) filter (where was_relevant) as before,
    count(*) filter (where is_relevant) as after,
    count(*) filter (where is_relevant and not was_relevant) as gained,
    count(*) filter (where was_relevant and not is_relevant) as lost
from compared_articles;

-- name: changes
select
    theme,
    count(*) filter (where change <> 'gained') as before,
    count(*) filter (where change <> 'lost') as after,
    count(*) filter (where change = 'gained') as gained,
    count(*) filter (where change = 'lost') as lost
from compared_themes
group by theme;

-- name: examples
-- The strongest of what each theme gained and lost.
with chosen as (
    select
        article_id,
        content_hash,
        theme,
        change,
        passage
    from compared_themes
    where change <> 'kept'
    qualify row_number() over (partition by theme, change order by passage.score desc, article_id) <= $examples
)
select
    chosen.theme,
    chosen.change,
    chosen.article_id,
    articles.source_id,
    coalesce(versions.published_on, articles.first_seen_at::date) as day,
    articles.url,
    versions.title,
    substr(
        case chosen.passage.part when 'title' then versions.title else versions.text end,
        chosen.passage.span_start + 1,
        chosen.passage.span_end - chosen.passage.span_start
    ) as quote,
    chosen.passage.cue as cue,
    chosen.passage.score as score
from chosen
inner join core.version_numbers as numbers
    on numbers.article_id = chosen.article_id
    and numbers.is_latest
inner join core.article_versions as versions
    on versions.article_id = numbers.stored_article_id
    and versions.version = numbers.stored_version
inner join core.articles as articles
    on articles.article_id = chosen.article_id
order by
    chosen.theme,
    chosen.change,
    score desc,
    chosen.article_id;
