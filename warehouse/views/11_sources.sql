-- Question: which outlets do we follow, who owns them, and does anything come in?
-- Grain: one row a source that is or was declared.
-- Caveat: state is the best of its feeds' states; a source without feeds (filled by a backfill) has state 'no_feeds'.
create or replace view main.sources as
with declarations as (
    select
        source_id,
        name,
        home,
        country,
        lang,
        timezone,
        owner,
        affiliation,
        family,
        host_delay_seconds,
        is_enabled
    from core.sources
    qualify row_number() over (partition by source_id order by landed_seq desc) = 1
),
polling as (
    select
        source_id,
        count(*) as feeds,
        count(*) filter (where state = 'ok') as feeds_ok,
        arg_min(state, list_position(['ok', 'new', 'throttled', 'blocked', 'failing', 'stopped'], state)) as state,
        max(last_success_at) as last_success_at,
        case
            when not bool_or(state = 'new') then min(next_poll_at) filter (where state <> 'stopped')
        end as next_poll_at,
        case
            when bool_or(state = 'new') then 'new'
            else arg_min(next_poll_rule, next_poll_at) filter (where state <> 'stopped')
        end as next_poll_rule
    from main.feeds
    where state <> 'disabled'
    group by source_id
),
harvests as (
    select
        articles.source_id,
        count(distinct articles.article_id) as articles,
        max(articles.first_seen_at) as last_article_at
    from core.articles as articles
    where articles.article_id not in (select aliases.article_id from core.article_aliases as aliases)
    group by articles.source_id
)
select
    declarations.source_id,
    declarations.name,
    declarations.home,
    declarations.country,
    declarations.lang,
    declarations.timezone,
    declarations.owner,
    declarations.affiliation,
    declarations.family,
    declarations.host_delay_seconds,
    declarations.is_enabled,
    case
        when not declarations.is_enabled then 'disabled'
        else coalesce(polling.state, 'no_feeds')
    end as state,
    coalesce(polling.feeds, 0) as feeds,
    coalesce(polling.feeds_ok, 0) as feeds_ok,
    polling.last_success_at,
    polling.next_poll_at,
    polling.next_poll_rule,
    coalesce(harvests.articles, 0) as articles,
    harvests.last_article_at
from declarations
left join polling using (source_id)
left join harvests using (source_id);

comment on view main.sources is 'Which outlets we follow, who owns them and whether anything comes in. One row a source.';
comment on column main.sources.source_id is 'Id in the sources file.';
comment on column main.sources.name is 'Name of the outlet.';
comment on column main.sources.home is 'Its home page.';
comment on column main.sources.country is 'ISO 3166-1 alpha-2, lower case.';
comment on column main.sources.lang is 'Its usual language, BCP 47 primary tag.';
comment on column main.sources.timezone is 'IANA zone in which its times without a zone are read.';
comment on column main.sources.owner is 'Who owns it.';
comment on column main.sources.affiliation is 'state, state-funded, independent, party, think-tank, government or agency.';
comment on column main.sources.family is 'Outlets of one family count as one origin.';
comment on column main.sources.host_delay_seconds is 'Spacing between requests that its declaration asks for; NULL: the usual one.';
comment on column main.sources.is_enabled is 'False while it is disabled or no longer declared.';
comment on column main.sources.state is 'Best state of its feeds: ok, new, throttled, blocked, failing or stopped; disabled; no_feeds.';
comment on column main.sources.feeds is 'Feeds it declares.';
comment on column main.sources.feeds_ok is 'How many of them answered well at their last poll.';
comment on column main.sources.last_success_at is 'Last poll of any of them that gave a document or a 304.';
comment on column main.sources.next_poll_at is 'Not before is one of them polled again; NULL: one is due now, or none is polled any more.';
comment on column main.sources.next_poll_rule is 'The rule that set it, in words.';
comment on column main.sources.articles is 'Articles we hold that it announced first.';
comment on column main.sources.last_article_at is 'When the newest of them was first seen.';
