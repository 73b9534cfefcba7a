-- Question: who carries a text first, and how long before the others?
-- Grain: one row a text that at least two sources carry, and source: its first article.
-- Caveat: only what feeds showed us. Between two polls nobody knows when an article appeared, so a lead is an interval;
-- where it holds zero, or a feed's first poll brought the article, the pair is undecided. It tells who published first,
-- not who knew first.
create or replace view main.lead_lag as
with appearances as (
    select
        text_id,
        source_id,
        first(article_id order by first_seen_at, article_id) as article_id,
        first(first_seen_after order by first_seen_at, article_id) as first_seen_after,
        min(first_seen_at) as first_seen_at
    from core.text_origins
    where
        is_live
        and text_id is not null
        and source_id is not null
    group by
        text_id,
        source_id
),
ranked as (
    select
        text_id,
        source_id,
        article_id,
        first_seen_after,
        first_seen_at,
        row_number() over (partition by text_id order by first_seen_at, first_seen_after nulls last, source_id) as place
    from appearances
),
pairs as (
    select
        mine.text_id,
        mine.source_id,
        mine.article_id,
        mine.place,
        other.source_id as other_source_id,
        epoch(other.first_seen_at - mine.first_seen_at) / 60 as seen_minutes,
        epoch(other.first_seen_after - mine.first_seen_at) / 60 as low,
        epoch(other.first_seen_at - mine.first_seen_after) / 60 as high
    from ranked as mine
    inner join ranked as other
        on other.text_id = mine.text_id
        and other.place = case mine.place when 1 then 2 else 1 end
)
select
    text_id as story_id,
    source_id,
    other_source_id,
    coalesce((low + high) / 2, seen_minutes) as lead_minutes,
    low,
    high,
    case
        when low > 0 then 'leads'
        when high < 0 then 'follows'
        else 'undecided'
    end as verdict,
    article_id
from pairs;

comment on view main.lead_lag is 'Who carries a text first, and how long before the others. One row a text and source.';
comment on column main.lead_lag.story_id is 'The text (stories of kind text).';
comment on column main.lead_lag.source_id is 'The source.';
comment on column main.lead_lag.other_source_id is 'Whom it is compared with: the first seen; for that one, the second.';
comment on column main.lead_lag.lead_minutes is 'Minutes by which the source was before the other: the middle of low and high, else between the polls that showed them; negative: it came after.';
comment on column main.lead_lag.low is 'The least it can be; NULL where the other''s first poll brought it.';
comment on column main.lead_lag.high is 'The most it can be; NULL where its own feed''s first poll brought it.';
comment on column main.lead_lag.verdict is 'leads, follows, or undecided where the polls overlap or say too little.';
comment on column main.lead_lag.article_id is 'Its first article with the text.';
