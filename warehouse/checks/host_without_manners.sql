-- No rows: no host was asked too soon, in a pause that it had asked for, twice for one address, or as if we had never been there.
select
    scope,
    crowded_starts,
    requests_in_pause,
    unconditional_revisits,
    bogus_validators,
    repeated_requests
from main.host_manners
where crowded_starts + requests_in_pause + unconditional_revisits + bogus_validators + repeated_requests > 0;
