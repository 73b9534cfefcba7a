-- Near-duplicates: what texts are recognised by, which text an article is, and which texts proved to be one.

create table core.text_signatures (
    content_hash varchar not null,
    shingles integer not null,
    slots bigint[] not null,
    agency varchar,
    landed_seq bigint not null
);
comment on table core.text_signatures is 'One row a wording: what it is recognised by when it comes again. Texts that landed before this table have none.';
comment on column core.text_signatures.content_hash is 'The wording.';
comment on column core.text_signatures.shingles is 'Distinct runs of three words.';
comment on column core.text_signatures.slots is 'MinHash: the share of equal slots of two wordings estimates the Jaccard similarity of their shingles.';
comment on column core.text_signatures.agency is 'News agency it is credited to; NULL where none is.';
comment on column core.text_signatures.landed_seq is 'The landing that brought the row.';

create table core.text_bands (
    band bigint not null,
    content_hash varchar not null,
    landed_seq bigint not null
);
comment on table core.text_bands is 'One row a wording and band: near-duplicates share at least one band, so they are found by an equality.';
comment on column core.text_bands.band is 'Hash of two slots and their place.';
comment on column core.text_bands.content_hash is 'The wording.';
comment on column core.text_bands.landed_seq is 'The landing that brought the row.';

create table core.text_members (
    article_id varchar not null,
    text_id varchar not null,
    matched_article_id varchar,
    similarity double,
    since_seq bigint not null
);
comment on table core.text_members is 'One row an article and text that it was found to be; of an article''s rows the later wins.';
comment on column core.text_members.article_id is 'The article.';
comment on column core.text_members.text_id is 'The text as it was known then: the id of the article that founded it; core.text_aliases may name another since.';
comment on column core.text_members.matched_article_id is 'The article it is most like; NULL for the founder.';
comment on column core.text_members.similarity is 'Estimated Jaccard similarity to that article; NULL for the founder.';
comment on column core.text_members.since_seq is 'The landing that brought the row.';

create table core.text_aliases (
    text_id varchar not null,
    alias_of varchar not null,
    since_seq bigint not null
);
comment on table core.text_aliases is 'One row a text and proof that it is another; of a text''s rows the later wins, and alias_of is never itself an alias then.';
comment on column core.text_aliases.text_id is 'The younger text: no article joins it any more.';
comment on column core.text_aliases.alias_of is 'The elder text.';
comment on column core.text_aliases.since_seq is 'The landing that brought the row.';
