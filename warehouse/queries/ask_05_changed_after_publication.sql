-- What did outlets change after publication that changes what is said?
-- Material edits only: numbers, names, negations, modality, as seen under one extractor; most recent first.
select
    after.source_id as outlet,
    before.title as title_before,
    after.title as title_after,
    after.word_count - before.word_count as words_added,
    after.version
from article_versions as after
inner join article_versions as before
    on before.article_id = after.article_id
    and before.version = after.version - 1
where
    after.cause = 'publisher'
    and after.diff_kind = 'material'
order by
    after.seen_at desc,
    after.article_id
limit 10;
