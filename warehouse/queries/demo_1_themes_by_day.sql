-- Which themes are in the news, day by day, and in how many outlets and languages?
select
    day,
    theme,
    articles,
    sources as outlets,
    langs
from theme_daily
order by
    day desc,
    articles desc,
    theme
limit 15;
