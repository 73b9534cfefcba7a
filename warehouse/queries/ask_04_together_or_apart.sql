-- Do two of the three draw together or apart, day by day?
-- index goes from -1 (apart) to 1 (together), counted by independent origin; low and high are its 95 % interval. Where
-- the interval holds 0 the day says nothing.
select
    day,
    dyad,
    round(index, 2) as index,
    round(low, 2) as low,
    round(high, 2) as high,
    origins
from dyad_daily
where day > (select max(latest.day) - 3 from dyad_daily as latest)
order by
    day desc,
    dyad;
