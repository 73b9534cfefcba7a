-- Question: which passage shows which theme?
-- Grain: one row a passage, theme and cue of one version under one codebook.
-- Caveat: all versions and all codebooks; for what stands today say "where is_latest and is_active". Spans count code
-- points from 0, half-open, into the title or text of that version. A cue named ….learned is none of the codebook's: no
-- cue fired in the passage, but by what was learned from labelled texts the text carries the theme, and this passage's
-- words speak for it most.
create or replace view main.evidence as
select
    numbers.article_id,
    numbers.version::integer as version,
    evidence.theme,
    evidence.part,
    evidence.span_start,
    evidence.span_end,
    substr(
        case evidence.part when 'title' then versions.title else versions.text end,
        evidence.span_start + 1,
        evidence.span_end - evidence.span_start
    ) as quote,
    evidence.cue,
    evidence.score,
    evidence.codebook_version,
    numbers.is_latest,
    codebooks.active as is_active
from core.evidence as evidence
inner join core.version_numbers as numbers using (content_hash)
inner join core.article_versions as versions
    on versions.article_id = numbers.stored_article_id
    and versions.version = numbers.stored_version
left join main.codebooks as codebooks
    on codebooks.codebook_version = evidence.codebook_version;

comment on view main.evidence is 'Which passage shows which theme. One row a passage, theme and cue of one version under one codebook.';
comment on column main.evidence.article_id is 'The article.';
comment on column main.evidence.version is 'The version of it that says so.';
comment on column main.evidence.theme is 'The theme that the passage shows.';
comment on column main.evidence.part is 'Where the passage is: title or text.';
comment on column main.evidence.span_start is 'First code point of the passage, from 0.';
comment on column main.evidence.span_end is 'Code point after the passage.';
comment on column main.evidence.quote is 'The passage: substr(part, span_start + 1, span_end - span_start).';
comment on column main.evidence.cue is 'Id of the cue in the codebook that fired; theme.learned where none did and the passage''s words speak for the theme by what was learned from labelled texts.';
comment on column main.evidence.score is 'How surely the text carries the theme, from 0 to 1: a probability where the codebook has learned, else what its cues in the passage add up to.';
comment on column main.evidence.codebook_version is 'The codebook that says so.';
comment on column main.evidence.is_latest is 'True for the article''s newest version.';
comment on column main.evidence.is_active is 'True for the active codebook.';
