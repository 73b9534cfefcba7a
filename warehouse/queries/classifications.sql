-- What wordings say, under which codebook. The row of core.classifications stands for all that goes with it, so only
-- it is looked up: evidence, actors and dyads land with it or not at all.

-- name: known
select content_hash, codebook_version
from core.classifications
where content_hash in (from content_hashes);

-- name: add
insert into core.classifications (content_hash, codebook_version, is_relevant, classified_at, landed_seq)
select content_hash, codebook_version, is_relevant, $now, $landed_seq
from incoming
anti join core.classifications using (content_hash, codebook_version);

-- name: add_evidence
insert into core.evidence (content_hash, codebook_version, part, span_start, span_end, theme, cue, score, landed_seq)
select content_hash, codebook_version, part, span_start, span_end, theme, cue, score, $landed_seq
from incoming;

-- name: add_actors
insert into core.article_actors (content_hash, codebook_version, actor, mentions, landed_seq)
select content_hash, codebook_version, actor, mentions, $landed_seq
from incoming;

-- name: add_dyads
insert into core.article_dyads (
    content_hash, codebook_version, dyad, direction, part, span_start, span_end, score, landed_seq
)
select content_hash, codebook_version, dyad, direction, part, span_start, span_end, score, $landed_seq
from incoming;

-- name: codebooks
-- The last state of each.
select codebook_version, ordinal, is_active, is_complete, themes
from core.codebooks
qualify row_number() over (partition by codebook_version order by landed_seq desc) = 1;

-- name: add_codebooks
insert into core.codebooks (codebook_version, ordinal, is_active, is_complete, themes, landed_seq)
select codebook_version, ordinal, is_active, is_complete, themes, $landed_seq
from incoming;

-- name: add_codebook_texts
insert into core.codebook_texts (codebook_version, codebook_toml, landed_seq)
select codebook_version, codebook_toml, $landed_seq
from incoming
anti join core.codebook_texts using (codebook_version);

-- name: add_label_counts
insert into core.label_counts (codebook_version, theme, language, texts, carried, found, found_rightly, landed_seq)
select codebook_version, theme, language, texts, carried, found, found_rightly, $landed_seq
from incoming
anti join core.label_counts using (codebook_version, theme, language);
