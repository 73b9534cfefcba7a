-- No rows: every address leads to an article that is there, and no alias to one that is not or is an alias itself.
select
    'core.article_urls' as table_name,
    urls.url_key as key,
    urls.article_id
from core.article_urls as urls
anti join core.articles as articles using (article_id)
union all
select
    'core.article_aliases' as table_name,
    aliases.article_id as key,
    aliases.alias_of as article_id
from core.article_aliases as aliases
where
    aliases.alias_of not in (select articles.article_id from core.articles as articles)
    or aliases.article_id not in (select articles.article_id from core.articles as articles)
    or aliases.alias_of = aliases.article_id;
