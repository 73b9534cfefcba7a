-- What the log needs so that pages, too, can be judged by it; where a feed that is gone may be found again; when
-- validators that lied can be believed again. Rows of earlier releases hold NULL here: nothing is known, nothing is judged.

alter table raw.visits add column scope varchar;
alter table raw.visits add column delay_seconds double;
alter table raw.visits add column pause_scope varchar;
alter table raw.visits add column pause_ends_at timestamp;
alter table raw.visits add column is_shared boolean;
comment on column raw.visits.scope is 'Politeness scope of the address as asked; NULL: no request was made.';
comment on column raw.visits.delay_seconds is 'Seconds that its first request kept from the one before in its scope, Crawl-delay included.';
comment on column raw.visits.pause_scope is 'The scope, or the one address of a private host, that asked to be left alone.';
comment on column raw.visits.pause_ends_at is 'Until when it asked for that (Retry-After).';
comment on column raw.visits.is_shared is 'Its last answer is one that the same pass had already: final_url was not asked again.';

alter table raw.feeds add column successor_url varchar;
alter table raw.feeds add column successor_sought_at timestamp;
alter table raw.feeds add column honest_since_at timestamp;
comment on column raw.feeds.successor_url is 'Where its outlet''s home page points instead of an address that is gone; a suggestion, never polled by itself.';
comment on column raw.feeds.successor_sought_at is 'When the home page was last asked for that.';
comment on column raw.feeds.honest_since_at is 'Since when validators that had lied tell each change; after a week of it they are believed again.';
