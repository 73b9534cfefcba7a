-- Question: which of Russia, Iran and the United States does an article name?
-- Grain: one row an article and actor: latest version, active codebook.
-- Caveat: being named is not dealing with each other; see article_dyads.
create or replace view main.article_actors as
select
    numbers.article_id,
    actors.actor,
    actors.mentions,
    actors.codebook_version
from core.article_actors as actors
inner join core.version_numbers as numbers using (content_hash)
inner join main.codebooks as codebooks using (codebook_version)
where
    numbers.is_latest
    and codebooks.active;

comment on view main.article_actors is 'Which of Russia, Iran and the United States an article names. One row an article and actor: latest version, active codebook.';
comment on column main.article_actors.article_id is 'The article.';
comment on column main.article_actors.actor is 'russia, iran or us.';
comment on column main.article_actors.mentions is 'How often it is named.';
comment on column main.article_actors.codebook_version is 'The codebook that says so.';
