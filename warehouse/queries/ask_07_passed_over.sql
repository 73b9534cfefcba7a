-- Which themes do outlets of several languages carry, and state outlets pass over?
-- Silence is only what our sources did not write in the week before the last article: see coverage for blind days.
with week as (
    select
        themes.theme,
        articles.article_id,
        articles.lang,
        sources.source_id,
        sources.affiliation in ('state', 'state-funded') as is_state
    from articles
    inner join article_themes as themes using (article_id)
    inner join sources using (source_id)
    where articles.day > (select max(latest.day) - 7 from articles as latest where latest.day <= (select data_as_of from publication))
)
select
    theme,
    count(*) filter (where not is_state) as articles,
    count(distinct source_id) filter (where not is_state) as outlets,
    count(distinct lang) filter (where not is_state) as langs,
    count(*) filter (where is_state) as state_articles
from week
group by theme
having
    count(distinct lang) filter (where not is_state) >= 3
    and count(*) filter (where is_state) <= 1
order by
    state_articles,
    articles desc,
    theme;
