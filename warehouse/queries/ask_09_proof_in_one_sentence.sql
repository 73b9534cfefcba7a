-- Which passages prove best that Russia and Iran are at odds?
-- One row an article, its strongest passage, exactly as it stands in the text.
select
    articles.source_id as outlet,
    articles.lang,
    articles.published_on,
    dyads.part,
    dyads.quote
from article_dyads as dyads
inner join articles using (article_id)
where
    dyads.dyad = 'russia_iran'
    and dyads.direction = 'diverging'
order by
    dyads.score desc,
    articles.published_on desc,
    articles.article_id
limit 5;
