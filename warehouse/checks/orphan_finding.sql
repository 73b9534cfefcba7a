-- No rows: what was found in a wording goes with the row that says the wording was classified under that codebook.
with findings as (
    select 'core.evidence' as table_name, content_hash, codebook_version
    from core.evidence
    union
    select 'core.article_actors' as table_name, content_hash, codebook_version
    from core.article_actors
    union
    select 'core.article_dyads' as table_name, content_hash, codebook_version
    from core.article_dyads
)
select
    findings.table_name,
    findings.content_hash,
    findings.codebook_version
from findings
anti join core.classifications as classifications using (content_hash, codebook_version);
