-- No rows: every article has an address and, unless it proved to be another one, a version.
select
    articles.article_id,
    articles.url
from core.articles as articles
where
    articles.article_id not in (select urls.article_id from core.article_urls as urls)
    or (
        articles.article_id not in (select versions.article_id from core.article_versions as versions)
        and articles.article_id not in (select aliases.article_id from core.article_aliases as aliases)
    );
