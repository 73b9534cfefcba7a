-- Do state outlets tell of the same two countries in another direction than independent ones?
-- Articles by direction; agencies, parties and think tanks are left out. State includes state-funded.
select
    dyads.dyad,
    case when sources.affiliation in ('state', 'state-funded') then 'state' else 'independent' end as outlets,
    count(*) filter (where dyads.direction = 'converging') as together,
    count(*) filter (where dyads.direction = 'mixed') as mixed,
    count(*) filter (where dyads.direction = 'diverging') as apart
from article_dyads as dyads
inner join articles using (article_id)
inner join sources using (source_id)
where sources.affiliation in ('state', 'state-funded', 'independent')
group by all
order by
    dyads.dyad,
    outlets;
