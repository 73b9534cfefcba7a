-- Question: what did an article say, version by version, and why does a version differ from the one before?
-- Grain: one row an article and version.
-- Caveat: only wordings that we fetched. Cause 'extractor' means that it may be only our reading that changed, so an
-- upgrade of the reader never looks like a silent edit.
create or replace view main.article_versions as
select
    numbers.article_id,
    numbers.version::integer as version,
    articles.url,
    articles.source_id,
    versions.lang,
    versions.title,
    versions.text,
    versions.authors,
    versions.published_at,
    versions.published_on,
    versions.published_precision,
    versions.published_zone,
    versions.published_from,
    versions.seen_at,
    numbers.updated_at,
    landings.landed_at,
    versions.cause,
    versions.diff_kind,
    versions.extractor,
    versions.capture_id,
    versions.content_hash,
    versions.word_count,
    versions.access,
    versions.claimed_canonical,
    versions.link_density,
    versions.boilerplate_share,
    versions.text_hash,
    numbers.is_latest
from core.version_numbers as numbers
inner join core.article_versions as versions
    on versions.article_id = numbers.stored_article_id
    and versions.version = numbers.stored_version
inner join core.articles as articles
    on articles.article_id = numbers.article_id
left join core.landings as landings
    on landings.landed_seq = versions.landed_seq;

comment on view main.article_versions is 'What an article said, version by version, and why each differs. One row an article and version.';
comment on column main.article_versions.article_id is 'The article.';
comment on column main.article_versions.version is 'From 1 without a gap.';
comment on column main.article_versions.url is 'Address under which the article was first seen.';
comment on column main.article_versions.source_id is 'The source that announced it first.';
comment on column main.article_versions.lang is 'Language of the text, BCP 47 primary tag.';
comment on column main.article_versions.title is 'Title, NFC; never changes.';
comment on column main.article_versions.text is 'Clean text, NFC, paragraphs separated by one newline; never changes.';
comment on column main.article_versions.authors is 'Authors the page names.';
comment on column main.article_versions.published_at is 'Instant of publication, UTC; 12:00 of the day where only that is known.';
comment on column main.article_versions.published_on is 'The outlet''s own calendar day of publication.';
comment on column main.article_versions.published_precision is 'second, minute, day or unknown.';
comment on column main.article_versions.published_zone is 'Who gave the time zone: stated, source or unknown.';
comment on column main.article_versions.published_from is 'Where the date was read.';
comment on column main.article_versions.seen_at is 'When the page that shows this version was fetched.';
comment on column main.article_versions.updated_at is 'When the publisher''s last change up to this version was seen; NULL while there is none.';
comment on column main.article_versions.landed_at is 'When it landed here.';
comment on column main.article_versions.cause is 'publisher: the page changed. extractor: it may be only our reading of it that changed.';
comment on column main.article_versions.diff_kind is 'Against the version before: first, cosmetic, material, metadata or unknown.';
comment on column main.article_versions.extractor is 'Name and version of what read it.';
comment on column main.article_versions.capture_id is 'The capture that shows it.';
comment on column main.article_versions.content_hash is 'Hash of title and text: names the wording.';
comment on column main.article_versions.word_count is 'Words of the text.';
comment on column main.article_versions.access is 'full, partial or paywalled.';
comment on column main.article_versions.claimed_canonical is 'Canonical address on another site, as claimed; kept, never followed.';
comment on column main.article_versions.link_density is 'Share of the text''s characters that stand in links, 0 to 1; NULL where it was not measured.';
comment on column main.article_versions.boilerplate_share is 'Share of what people read on the page that is not in the text, 0 to 1; NULL where it was not measured.';
comment on column main.article_versions.text_hash is 'Hash of the text alone: names the body whatever its title; NULL for what landed before it was kept.';
comment on column main.article_versions.is_latest is 'True for the article''s newest version, the one that articles shows.';
