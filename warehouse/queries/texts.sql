-- Which wordings are near-duplicates, and which text each article is.

-- name: signed
select content_hash
from core.text_signatures
where content_hash in (from content_hashes);

-- name: add_signatures
insert into core.text_signatures (content_hash, shingles, slots, agency, landed_seq)
select content_hash, shingles, slots, agency, $landed_seq
from incoming
anti join core.text_signatures using (content_hash);

-- name: add_bands
insert into core.text_bands (band, content_hash, landed_seq)
select unnest(bands), content_hash, $landed_seq
from incoming;

-- name: unsigned
-- Versions that landed before texts were compared, or without a signature: of a wording that has none, or of an article
-- that is no text yet; in the order in which they landed. Only the texts of those few are read.
with aliases as (
    select
        article_id,
        arg_max(alias_of, since_seq) as alias_of
    from core.article_aliases
    group by article_id
),
waiting as (
    select
        versions.article_id as stored_article_id,
        versions.version,
        coalesce(aliases.alias_of, versions.article_id) as article_id,
        versions.landed_seq
    from core.article_versions as versions
    left join aliases using (article_id)
    where
        versions.content_hash not in (select signatures.content_hash from core.text_signatures as signatures)
        or coalesce(aliases.alias_of, versions.article_id) not in (select members.article_id from core.text_members as members)
    order by
        versions.landed_seq,
        versions.article_id,
        versions.version
    limit $limit
)
select
    waiting.article_id,
    versions.content_hash,
    versions.text,
    versions.authors
from core.article_versions as versions
inner join waiting
    on waiting.stored_article_id = versions.article_id
    and waiting.version = versions.version
where
    versions.landed_seq >= (select min(waiting.landed_seq) from waiting)
    and versions.landed_seq <= (select max(waiting.landed_seq) from waiting)
order by
    waiting.landed_seq,
    waiting.stored_article_id,
    waiting.version;

-- name: matches
-- Wordings that this landing brought, and the wordings each shares a band with and is like. A cut is like what it was
-- cut from, though their Jaccard similarity is low: nearly all of it is there. Rows of one landing lie together, so the
-- bands and signatures of this one are found without a scan, those of the wordings they meet by the landings these came
-- with; only the narrow column `band` is read from end to end.
with fresh as (
    select
        band,
        content_hash
    from core.text_bands
    where landed_seq = $landed_seq
),
met as (
    select distinct
        fresh.content_hash,
        bands.content_hash as other_hash,
        bands.landed_seq as other_seq
    from core.text_bands as bands
    inner join fresh using (band)
    where bands.content_hash <> fresh.content_hash
),
compared as (
    select
        met.content_hash,
        met.other_hash,
        one.shingles,
        other.shingles as other_shingles,
        list_sum(list_transform(list_zip(one.slots, other.slots), lambda pair: (pair[1] = pair[2])::integer))
            / len(one.slots) as similarity
    from met
    inner join core.text_signatures as one
        on one.content_hash = met.content_hash
        and one.landed_seq = $landed_seq
    inner join core.text_signatures as other
        on other.content_hash = met.other_hash
        and other.landed_seq = met.other_seq
)
select
    content_hash,
    other_hash,
    similarity
from compared
where
    similarity >= $like
    or (
        similarity >= $part_like
        -- shared shingles from the similarity and the two sizes: J / (1 + J) of their sum
        and similarity / (1 + similarity) * (shingles + other_shingles) >= $contained * least(shingles, other_shingles)
    );

-- name: holders
-- The articles, aliases followed, that hold or held a wording, and the text each of them is.
with aliases as (
    select
        article_id,
        arg_max(alias_of, since_seq) as alias_of
    from core.article_aliases
    group by article_id
),
holders as (
    select distinct
        versions.content_hash,
        coalesce(aliases.alias_of, versions.article_id) as article_id
    from core.article_versions as versions
    left join aliases using (article_id)
    where versions.content_hash in (from content_hashes)
),
members as (
    select
        article_id,
        arg_max(text_id, since_seq) as text_id
    from core.text_members
    where article_id in (select holders.article_id from holders)
    group by article_id
),
text_aliases as (
    select
        text_id,
        arg_max(alias_of, since_seq) as alias_of
    from core.text_aliases
    group by text_id
)
select
    holders.content_hash,
    holders.article_id,
    coalesce(text_aliases.alias_of, members.text_id) as text_id,
    founders.landed_seq,
    founders.first_seen_at
from holders
left join members using (article_id)
left join text_aliases using (text_id)
left join core.articles as founders
    on founders.article_id = coalesce(text_aliases.alias_of, members.text_id, holders.article_id);

-- name: members
-- The articles of one text.
with text_aliases as (
    select
        text_id,
        arg_max(alias_of, since_seq) as alias_of
    from core.text_aliases
    group by text_id
)
select distinct members.article_id
from core.text_members as members
left join text_aliases using (text_id)
where coalesce(text_aliases.alias_of, members.text_id) = $text_id;

-- name: add_members
insert into core.text_members (article_id, text_id, matched_article_id, similarity, since_seq)
select article_id, text_id, matched_article_id, similarity, $landed_seq
from incoming;

-- name: followers
-- Texts that lead to one of the given texts.
select
    text_id,
    arg_max(alias_of, since_seq) as alias_of
from core.text_aliases
group by text_id
having alias_of in (from text_ids);

-- name: add_aliases
insert into core.text_aliases (text_id, alias_of, since_seq)
select text_id, alias_of, $landed_seq
from incoming;
