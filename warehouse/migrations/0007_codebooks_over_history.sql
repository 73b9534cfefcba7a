-- Codebooks that people put over history by hand, and how well a codebook labels the project's own gold set.

create table core.codebook_texts (
    codebook_version varchar not null,
    codebook_toml varchar not null,
    landed_seq bigint not null
);
comment on table core.codebook_texts is 'One row a codebook that did not come with the program: its text, so that what is read later is classified under it.';
comment on column core.codebook_texts.codebook_version is 'The codebook.';
comment on column core.codebook_texts.codebook_toml is 'The file as it was given.';
comment on column core.codebook_texts.landed_seq is 'The landing that brought the row.';

create table core.label_counts (
    codebook_version varchar not null,
    theme varchar not null,
    language varchar not null,
    texts integer not null,
    carried integer not null,
    found integer not null,
    found_rightly integer not null,
    landed_seq bigint not null
);
comment on table core.label_counts is 'One row a codebook, theme and group of languages: how it labelled the gold set it was shipped with.';
comment on column core.label_counts.codebook_version is 'The codebook.';
comment on column core.label_counts.theme is 'The theme.';
comment on column core.label_counts.language is 'Languages of the texts, joined by +.';
comment on column core.label_counts.texts is 'Texts in these languages.';
comment on column core.label_counts.carried is 'How many of them carry the theme.';
comment on column core.label_counts.found is 'In how many the codebook finds it.';
comment on column core.label_counts.found_rightly is 'How many of these carry it.';
comment on column core.label_counts.landed_seq is 'The landing that brought the row.';
