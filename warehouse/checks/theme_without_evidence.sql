-- No rows: no article has a theme without a passage that shows it.
select
    themes.article_id,
    themes.theme
from main.article_themes as themes
anti join main.evidence as evidence
    on evidence.article_id = themes.article_id
    and evidence.theme = themes.theme
    and evidence.codebook_version = themes.codebook_version;
