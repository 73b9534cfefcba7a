-- No rows: core.evidence holds each (content_hash, codebook_version, part, span_start, span_end, theme, cue) once.
select
    content_hash,
    codebook_version,
    part,
    span_start,
    span_end,
    theme,
    cue,
    count(*) as copies
from core.evidence
group by
    content_hash,
    codebook_version,
    part,
    span_start,
    span_end,
    theme,
    cue
having count(*) > 1;
