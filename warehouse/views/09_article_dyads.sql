-- Question: how do two of the three deal with each other in an article?
-- Grain: one row an article and dyad: latest version, active codebook.
-- Caveat: the passage shown is the strongest; where passages point in different directions the direction is 'mixed'.
create or replace view main.article_dyads as
with findings as (
    select
        numbers.article_id,
        dyads.dyad,
        case
            when min(dyads.direction) over dyad_of_article = max(dyads.direction) over dyad_of_article then dyads.direction
            else 'mixed'
        end as direction,
        dyads.score,
        dyads.part,
        dyads.span_start,
        dyads.span_end,
        dyads.codebook_version,
        numbers.stored_article_id,
        numbers.stored_version
    from core.article_dyads as dyads
    inner join core.version_numbers as numbers using (content_hash)
    inner join main.codebooks as codebooks using (codebook_version)
    where
        numbers.is_latest
        and codebooks.active
    window dyad_of_article as (partition by numbers.article_id, dyads.dyad)
    qualify row_number() over (
        partition by numbers.article_id, dyads.dyad
        order by dyads.score desc, dyads.part desc, dyads.span_start, dyads.span_end
    ) = 1
)
select
    findings.article_id,
    findings.dyad,
    findings.direction,
    findings.score,
    findings.part,
    findings.span_start,
    findings.span_end,
    substr(
        case findings.part when 'title' then versions.title else versions.text end,
        findings.span_start + 1,
        findings.span_end - findings.span_start
    ) as quote,
    findings.codebook_version
from findings
inner join core.article_versions as versions
    on versions.article_id = findings.stored_article_id
    and versions.version = findings.stored_version;

comment on view main.article_dyads is 'How two of the three deal with each other in an article. One row an article and dyad: latest version, active codebook.';
comment on column main.article_dyads.article_id is 'The article.';
comment on column main.article_dyads.dyad is 'us_russia, russia_iran or us_iran.';
comment on column main.article_dyads.direction is 'converging, diverging or mixed.';
comment on column main.article_dyads.score is 'Score of the passage shown, from 0 to 1.';
comment on column main.article_dyads.part is 'Where the passage is: title or text.';
comment on column main.article_dyads.span_start is 'First code point of the passage, from 0.';
comment on column main.article_dyads.span_end is 'Code point after the passage.';
comment on column main.article_dyads.quote is 'The passage that shows it best.';
comment on column main.article_dyads.codebook_version is 'The codebook that says so.';
