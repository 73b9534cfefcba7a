-- No rows: every span lies inside the title or text that it points into, and is not empty.
with spans as (
    select 'core.evidence' as table_name, content_hash, part, span_start, span_end
    from core.evidence
    union all
    select 'core.article_dyads' as table_name, content_hash, part, span_start, span_end
    from core.article_dyads
),
parts as (
    select content_hash, 'title' as part, length(title) as part_length
    from core.article_versions
    union
    select content_hash, 'text' as part, length(text) as part_length
    from core.article_versions
)
select
    spans.table_name,
    spans.content_hash,
    spans.part,
    spans.span_start,
    spans.span_end,
    parts.part_length
from spans
left join parts using (content_hash, part)
where
    spans.part not in ('title', 'text')
    or spans.span_start < 0
    or spans.span_end <= spans.span_start
    or spans.span_end > parts.part_length;
