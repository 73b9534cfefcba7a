-- Question: which themes does an article have?
-- Grain: one row an article and theme: latest version, active codebook.
-- Caveat: derived from the passages of evidence, so there is no theme without one.
create or replace view main.article_themes as
select
    article_id,
    theme,
    max(score) as score,
    count(*) as evidence_count,
    codebook_version
from main.evidence
where
    is_latest
    and is_active
group by
    article_id,
    theme,
    codebook_version;

comment on view main.article_themes is 'Which themes an article has. One row an article and theme: latest version, active codebook.';
comment on column main.article_themes.article_id is 'The article.';
comment on column main.article_themes.theme is 'The theme.';
comment on column main.article_themes.score is 'Score of its strongest passage, from 0 to 1.';
comment on column main.article_themes.evidence_count is 'Passages that show it.';
comment on column main.article_themes.codebook_version is 'The codebook that says so.';
