-- How far a text can be trusted to be a story, and which texts are the same whatever their titles.
alter table core.article_versions add column link_density double;
alter table core.article_versions add column boilerplate_share double;
alter table core.article_versions add column text_hash varchar;
comment on column core.article_versions.link_density is 'Share of the text''s characters that stand in links, 0 to 1; NULL where it was not measured.';
comment on column core.article_versions.boilerplate_share is 'Share of what people read on the page that is not in the text, 0 to 1; NULL where it was not measured.';
comment on column core.article_versions.text_hash is 'Hash of the text alone; NULL for what landed before it was kept.';
