-- Question: how far can the themes be trusted, by language?
-- Grain: one row a codebook, theme and group of languages.
-- Caveat: measured on the project's own gold set, whose texts are invented: they are shorter and plainer than news, so
-- every figure is higher than on real articles. A figure over fewer than 30 texts is NULL. Intervals are 95 %, Wilson's;
-- that of F1 is Wilson's for right / (right + wrong + missed), from which F1 follows. Only shipped codebooks have rows.
create or replace view main.label_quality as
with counts as (
    select
        codebook_version,
        theme,
        language,
        texts,
        carried,
        found,
        found_rightly as hits,
        carried + found - found_rightly as either
    from core.label_counts
),
-- half of Wilson's width, before it is divided by n + z²; z = 1.96
widths as (
    select
        codebook_version,
        theme,
        language,
        texts,
        carried,
        found,
        hits,
        either,
        1.96 * sqrt(hits * (found - hits) / nullif(found, 0)::double + 0.9604) as precision_width,
        1.96 * sqrt(hits * (carried - hits) / nullif(carried, 0)::double + 0.9604) as recall_width,
        1.96 * sqrt(hits * (either - hits) / nullif(either, 0)::double + 0.9604) as either_width
    from counts
),
shares as (
    select
        codebook_version,
        theme,
        language,
        texts,
        carried,
        found,
        hits / nullif(found, 0)::double as precision,
        greatest(0, hits + 1.9208 - precision_width) / (found + 3.8416) as precision_low,
        least(found + 3.8416, hits + 1.9208 + precision_width) / (found + 3.8416) as precision_high,
        hits / nullif(carried, 0)::double as recall,
        greatest(0, hits + 1.9208 - recall_width) / (carried + 3.8416) as recall_low,
        least(carried + 3.8416, hits + 1.9208 + recall_width) / (carried + 3.8416) as recall_high,
        2 * hits / nullif(carried + found, 0)::double as f1,
        greatest(0, hits + 1.9208 - either_width) / (either + 3.8416) as either_low,
        least(either + 3.8416, hits + 1.9208 + either_width) / (either + 3.8416) as either_high
    from widths
)
select
    shares.theme,
    shares.language,
    shares.codebook_version,
    codebooks.active,
    case when shares.carried >= 30 then shares.precision end as precision,
    case when shares.carried >= 30 then shares.precision_low end as precision_low,
    case when shares.carried >= 30 then shares.precision_high end as precision_high,
    case when shares.carried >= 30 then shares.recall end as recall,
    case when shares.carried >= 30 then shares.recall_low end as recall_low,
    case when shares.carried >= 30 then shares.recall_high end as recall_high,
    case when shares.carried >= 30 then shares.f1 end as f1,
    case when shares.carried >= 30 then 2 * shares.either_low / (1 + shares.either_low) end as f1_low,
    case when shares.carried >= 30 then 2 * shares.either_high / (1 + shares.either_high) end as f1_high,
    shares.carried as n,
    shares.found,
    shares.texts
from shares
inner join main.codebooks as codebooks using (codebook_version);

comment on view main.label_quality is 'How far the themes can be trusted, by language, on the shipped gold set: invented texts, which score higher than news. One row a codebook, theme and group of languages.';
comment on column main.label_quality.theme is 'The theme.';
comment on column main.label_quality.language is 'The languages of the texts: en, ru+uk, fa, ar, tr or fr+es+de.';
comment on column main.label_quality.codebook_version is 'The codebook that was measured.';
comment on column main.label_quality.active is 'True for the codebook the views speak for.';
comment on column main.label_quality.precision is 'Share of the texts in which the theme is found that carry it; invented texts, so higher than on news. NULL where n is under 30.';
comment on column main.label_quality.precision_low is 'Lower end of its 95 % interval (Wilson).';
comment on column main.label_quality.precision_high is 'Upper end of its 95 % interval (Wilson).';
comment on column main.label_quality.recall is 'Share of the texts carrying the theme in which it is found; invented texts, so higher than on news. NULL where n is under 30.';
comment on column main.label_quality.recall_low is 'Lower end of its 95 % interval (Wilson).';
comment on column main.label_quality.recall_high is 'Upper end of its 95 % interval (Wilson).';
comment on column main.label_quality.f1 is 'Harmonic mean of the two; invented texts, so higher than on news. NULL where n is under 30.';
comment on column main.label_quality.f1_low is 'Lower end of its 95 % interval (Wilson, of the share found rightly among all that carry it or seem to).';
comment on column main.label_quality.f1_high is 'Upper end of its 95 % interval.';
comment on column main.label_quality.n is 'Texts that carry the theme.';
comment on column main.label_quality.found is 'Texts in which it is found: what precision is a share of.';
comment on column main.label_quality.texts is 'All texts in these languages.';
