-- No rows: a wording is relevant exactly when it shows a theme and a dyad.
select
    classifications.content_hash,
    classifications.codebook_version,
    classifications.is_relevant
from core.classifications as classifications
left join (
    select distinct content_hash, codebook_version, true as has_theme
    from core.evidence
) as themed using (content_hash, codebook_version)
left join (
    select distinct content_hash, codebook_version, true as has_dyad
    from core.article_dyads
) as paired using (content_hash, codebook_version)
where classifications.is_relevant <> (coalesce(themed.has_theme, false) and coalesce(paired.has_dyad, false));
