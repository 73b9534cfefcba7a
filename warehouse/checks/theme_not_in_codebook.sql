-- No rows: every theme in evidence is one of its codebook's.
select distinct
    evidence.codebook_version,
    evidence.theme
from core.evidence as evidence
left join main.codebooks as codebooks using (codebook_version)
where
    codebooks.codebook_version is null
    or not list_contains(codebooks.themes, evidence.theme);
