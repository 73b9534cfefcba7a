-- No rows: texts are founded by their own article, members and matches are articles, signatures and bands belong to a
-- wording that is held, and no alias of a text leads to an alias.
select
    'core.text_members' as table_name,
    members.article_id as key,
    members.text_id as missing
from core.text_members as members
where
    members.text_id not in (select founders.article_id from core.text_members as founders where founders.text_id = founders.article_id)
    or members.article_id not in (select articles.article_id from core.articles as articles)
    or members.matched_article_id not in (select articles.article_id from core.articles as articles)
union all
select
    'core.text_signatures' as table_name,
    signatures.content_hash as key,
    'core.article_versions' as missing
from core.text_signatures as signatures
anti join core.article_versions as versions using (content_hash)
union all
select
    'core.text_bands' as table_name,
    bands.content_hash as key,
    'core.text_signatures' as missing
from (select distinct content_hash from core.text_bands) as bands
anti join core.text_signatures as signatures using (content_hash)
union all
select
    'core.text_aliases' as table_name,
    aliases.text_id as key,
    aliases.alias_of as missing
from (
    select
        text_id,
        arg_max(alias_of, since_seq) as alias_of
    from core.text_aliases
    group by text_id
) as aliases
where
    aliases.alias_of in (select others.text_id from core.text_aliases as others)
    or aliases.alias_of not in (select members.text_id from core.text_members as members)
    or aliases.text_id not in (select members.text_id from core.text_members as members);
