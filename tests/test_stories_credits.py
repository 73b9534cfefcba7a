"""Whom a text is credited to: what agencies and their readers write, and what only tells of an agency."""

import pytest

from extractors.stories.credits import find_credit

STORY = "The two ministers met on Monday and agreed to meet again. " * 12


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("LONDON (Reuters) - A tanker was turned back on Thursday. " + STORY, "reuters"),
        ("MOSCOW, November 12. /TASS/. Russia and Iran have agreed. " + STORY, "tass"),
        ("МОСКВА, 12 ноября. /ТАСС/. Россия и Иран договорились. " + STORY, "tass"),
        ("МОСКВА, 12 ноя - РИА Новости. Россия и Иран договорились. " + STORY, "ria"),
        ("Россия и Иран договорились о поставках, передает РИА Новости. " + STORY, "ria"),
        ("به گزارش خبرگزاری تسنیم، سخنگوی وزارت امور خارجه گفت. " + STORY, "tasnim"),
        ("به گزارش ایرنا، سخنگوی وزارت امور خارجه گفت. " + STORY, "irna"),
        ("به گزارش خبرنگار مهر، وزیر گفت. " + STORY, "mehr"),
        ("TEHRAN, Nov. 12 (ISNA) – The minister said. " + STORY, "isna"),
        ("Tahran ile Moskova anlaştı, Reuters haberine göre. " + STORY, "reuters"),
        ("Tahran ile Moskova anlaştı. Reuters'ın haberine göre imza atıldı. " + STORY, "reuters"),
        (STORY + "\n(AP)", "ap"),
        (STORY + "\nWith material from the Associated Press.", "ap"),
        (STORY + "\n© 2026 AFP", "afp"),
        ("ISTANBUL (Meridian Agency) — Two consulates will open. " + STORY, "meridian agency"),
        ("The AP style guide changed. " + STORY, None),
        ("Reuters fired its chief on Monday, and TASS wrote about it. " + STORY, None),
        ("Farsi is spoken (in Fars province, too). " + STORY, None),
        (STORY + "He spoke to (Reuters) on the way. " + STORY, None),
        (STORY, None),
        ("", None),
    ],
)
def test_a_credit_is_found_where_it_stands(text, agency):
    assert find_credit(text) == agency


def test_a_byline_is_a_credit():
    assert find_credit(STORY, authors=("Ann Lee", "Associated Press")) == "ap"


def test_a_credit_in_the_text_counts_before_the_byline():
    assert find_credit("LONDON (Reuters) - A ship. " + STORY, authors=("AFP",)) == "reuters"


def test_a_person_is_no_agency():
    assert find_credit(STORY, authors=("Ann Reuters",)) is None
