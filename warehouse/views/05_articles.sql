-- Question: which articles do we hold, and what does each say now?
-- Grain: one row an article, its latest version.
-- Caveat: published_at is the outlet's claim, first_seen_at our knowledge. story_id is NULL: it needs story clusters,
-- which are not built yet. text_id and is_origin are NULL for articles that landed before texts were compared.
-- No common table expressions here: DuckDB would then read every column, texts too, whatever a query asks for.
create or replace view main.articles as
select
    versions.article_id,
    versions.url,
    versions.source_id,
    versions.lang,
    versions.title,
    versions.text,
    versions.authors,
    versions.published_at,
    versions.published_on,
    versions.published_precision,
    versions.published_zone,
    versions.published_from,
    coalesce(versions.published_on, origins.first_seen_at::date) as day,
    origins.first_seen_after,
    origins.first_seen_at,
    versions.seen_at as fetched_at,
    versions.landed_at,
    versions.updated_at,
    deletions.deleted_at,
    versions.version,
    versions.content_hash,
    versions.word_count,
    versions.access,
    versions.link_density,
    versions.boilerplate_share,
    versions.word_count < 40 as is_near_empty,
    versions.text_hash,
    versions.extractor,
    versions.capture_id,
    origins.ingest_path,
    texts.text_id,
    null::varchar as story_id,
    texts.is_origin,
    classifications.is_relevant as relevant
from main.article_versions as versions
inner join core.articles as origins using (article_id)
left join core.deletions as deletions using (article_id)
left join core.text_origins as texts using (article_id)
left join core.classifications as classifications
    on classifications.content_hash = versions.content_hash
    and classifications.codebook_version in (select codebooks.codebook_version from main.codebooks as codebooks where codebooks.active)
where versions.is_latest;

comment on view main.articles is 'Which articles we hold and what each says now. One row an article, its latest version.';
comment on column main.articles.article_id is 'Hash of the first address under which it was seen; never changes.';
comment on column main.articles.url is 'Address under which it was first seen.';
comment on column main.articles.source_id is 'The source that announced it first; NULL where none did.';
comment on column main.articles.lang is 'Language of the text, BCP 47 primary tag; NULL where it could not be told.';
comment on column main.articles.title is 'Title, NFC.';
comment on column main.articles.text is 'Clean text, NFC, paragraphs separated by one newline.';
comment on column main.articles.authors is 'Authors the page names.';
comment on column main.articles.published_at is 'Instant of publication as the outlet states it, UTC; 12:00 of the day where only that is known.';
comment on column main.articles.published_on is 'The outlet''s own calendar day of publication.';
comment on column main.articles.published_precision is 'How precisely it is known: second, minute, day or unknown.';
comment on column main.articles.published_zone is 'Who gave the time zone: stated (in the text), source (the sources file) or unknown.';
comment on column main.articles.published_from is 'Where the date was read, e.g. feed, json-ld or htmldate.';
comment on column main.articles.day is 'The day it counts for in every view: published_on, else the UTC day of first_seen_at.';
comment on column main.articles.first_seen_after is 'Last successful poll of its feed that did not show it yet; NULL where there is none.';
comment on column main.articles.first_seen_at is 'Poll or archive record that first showed it to us.';
comment on column main.articles.fetched_at is 'When the page that shows this version was fetched.';
comment on column main.articles.landed_at is 'When this version landed here.';
comment on column main.articles.updated_at is 'When the publisher''s last change was seen; NULL while there is none.';
comment on column main.articles.deleted_at is 'First of the 404 or 410 answers since the page was last there, once two lie at least six hours apart; else NULL.';
comment on column main.articles.version is 'Number of this version, from 1.';
comment on column main.articles.content_hash is 'Hash of title and text: names the wording.';
comment on column main.articles.word_count is 'Words of the text.';
comment on column main.articles.access is 'How much of it the page showed: full, partial or paywalled.';
comment on column main.articles.link_density is 'Share of the text''s characters that stand in links, 0 to 1; NULL where it was not measured.';
comment on column main.articles.boilerplate_share is 'Share of what people read on the page that is not in the text, 0 to 1; NULL where it was not measured.';
comment on column main.articles.is_near_empty is 'True under 40 words: a flash, a caption or a teaser more often than a story.';
comment on column main.articles.text_hash is 'Hash of the text alone; several articles of one source with the same are in repeated_bodies.';
comment on column main.articles.extractor is 'Name and version of what read the page.';
comment on column main.articles.capture_id is 'The capture that shows this version.';
comment on column main.articles.ingest_path is 'How it came: feed, or backfill: and the adapter.';
comment on column main.articles.text_id is 'Its near-duplicates: the id of the article that founded the text (stories of kind text); NULL where it was never compared.';
comment on column main.articles.story_id is 'NULL: needs story clusters, not built yet. Will name its event (stories of kind event).';
comment on column main.articles.is_origin is 'True where its text began with it: the credited agency''s own article, else the first seen; NULL where it was never compared.';
comment on column main.articles.relevant is 'At least one theme and one dyad under the active codebook; NULL until it is classified under that.';
