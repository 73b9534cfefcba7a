-- No rows: no feed was polled early, with validators that it never gave, or with a query that it does not have.
select
    feed_id,
    early_polls,
    bogus_validators,
    added_queries
from main.poll_manners
where early_polls + bogus_validators + added_queries > 0;
