-- Who says that arms changed hands, and in which words?
select
    sources.name as outlet,
    articles.lang,
    evidence.quote,
    evidence.cue
from evidence
inner join articles using (article_id)
left join sources using (source_id)
where
    evidence.theme = 'arms_transfers'
    and evidence.is_latest
    and evidence.is_active
order by
    evidence.score desc,
    articles.lang,
    outlet,
    evidence.quote
limit 12;
