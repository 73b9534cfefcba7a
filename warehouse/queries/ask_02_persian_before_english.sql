-- What appeared in Persian before it appeared in English?
-- One row a theme and pair of countries: the first article of the last week in each language, by what the outlets state,
-- and only where both state more than a day. Same theme and pair, not yet the same event: read the two titles.
with firsts as (
    select
        themes.theme,
        dyads.dyad,
        articles.lang,
        min(articles.published_at) as published_at,
        arg_min(articles.source_id, articles.published_at) as source_id,
        arg_min(articles.title, articles.published_at) as title
    from articles
    inner join article_themes as themes using (article_id)
    inner join article_dyads as dyads using (article_id)
    where
        articles.lang in ('fa', 'en')
        and articles.published_precision in ('second', 'minute')
        and articles.day > (select max(latest.day) - 7 from articles as latest where latest.day <= (select data_as_of from publication))
    group by
        themes.theme,
        dyads.dyad,
        articles.lang
)
select
    persian.theme,
    persian.dyad,
    round(epoch(english.published_at - persian.published_at) / 3600, 1) as hours_earlier,
    persian.source_id || ': ' || persian.title as in_persian,
    english.source_id || ': ' || english.title as in_english
from firsts as persian
inner join firsts as english using (theme, dyad)
where
    persian.lang = 'fa'
    and english.lang = 'en'
    and persian.published_at < english.published_at
order by
    hours_earlier desc,
    persian.theme,
    persian.dyad;
