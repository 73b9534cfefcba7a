-- No rows: every row belongs to a landing that is recorded, and nothing is published beyond the last one.
with stamps as (
    select distinct 'raw.visits' as table_name, landed_seq from raw.visits
    union all
    select distinct 'raw.captures' as table_name, landed_seq from raw.captures
    union all
    select distinct 'core.runs' as table_name, landed_seq from core.runs
    union all
    select distinct 'core.sources' as table_name, landed_seq from core.sources
    union all
    select distinct 'core.articles' as table_name, landed_seq from core.articles
    union all
    select distinct 'core.article_urls' as table_name, since_seq as landed_seq from core.article_urls
    union all
    select distinct 'core.article_aliases' as table_name, since_seq as landed_seq from core.article_aliases
    union all
    select distinct 'core.article_versions' as table_name, landed_seq from core.article_versions
    union all
    select distinct 'core.readings' as table_name, landed_seq from core.readings
    union all
    select distinct 'core.classifications' as table_name, landed_seq from core.classifications
    union all
    select distinct 'core.evidence' as table_name, landed_seq from core.evidence
    union all
    select distinct 'core.article_actors' as table_name, landed_seq from core.article_actors
    union all
    select distinct 'core.article_dyads' as table_name, landed_seq from core.article_dyads
    union all
    select distinct 'core.rejections' as table_name, landed_seq from core.rejections
    union all
    select distinct 'core.codebooks' as table_name, landed_seq from core.codebooks
    union all
    select distinct 'core.codebook_texts' as table_name, landed_seq from core.codebook_texts
    union all
    select distinct 'core.label_counts' as table_name, landed_seq from core.label_counts
    union all
    select distinct 'core.feed_states' as table_name, landed_seq from core.feed_states
    union all
    select distinct 'core.text_signatures' as table_name, landed_seq from core.text_signatures
    union all
    select distinct 'core.text_bands' as table_name, landed_seq from core.text_bands
    union all
    select distinct 'core.text_members' as table_name, since_seq as landed_seq from core.text_members
    union all
    select distinct 'core.text_aliases' as table_name, since_seq as landed_seq from core.text_aliases
    union all
    select distinct 'core.publications' as table_name, through_seq as landed_seq from core.publications where through_seq > 0
)
select
    stamps.table_name,
    stamps.landed_seq
from stamps
anti join core.landings as landings using (landed_seq);
