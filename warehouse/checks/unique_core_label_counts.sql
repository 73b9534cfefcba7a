-- No rows: core.label_counts holds each (codebook_version, theme, language) once, and no part exceeds its whole.
select
    codebook_version,
    theme,
    language,
    count(*) as copies
from core.label_counts
group by
    codebook_version,
    theme,
    language
having
    count(*) > 1
    or bool_or(found_rightly > least(carried, found) or greatest(carried, found) > texts);
