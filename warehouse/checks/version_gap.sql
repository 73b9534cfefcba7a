-- No rows: the versions of an article are numbered from 1 without a gap.
select
    article_id,
    count(*) as versions,
    max(version) as last_version
from core.article_versions
group by article_id
having max(version) <> count(distinct version)
    or min(version) <> 1;
