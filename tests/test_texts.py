"""Which text an article is: near-duplicates meet, others do not, founders stay, and origins are counted by whom they rest on."""

import tomllib
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from batches import contents, land, reading, rows, warehouse

from extractors.records import short_hash
from extractors.stories.signatures import sign_text
from warehouse.checks import run_checks

pytestmark = pytest.mark.slow  # real databases, each made and filled anew

GOLD = tomllib.loads((Path(__file__).parent / "gold" / "near_duplicates.toml").read_text(encoding="utf-8"))["text"]
CODEBOOK = "insert into core.codebooks values ('1.0.0+abc', 1, true, true, ['sanctions'], 1)"
PRECISION_FLOOR, RECALL_FLOOR = 0.95, 0.90  # B-cubed on GOLD


@pytest.fixture(params=["plain", pytest.param("lake", marks=pytest.mark.slow)])
def con(request, tmp_path):
    with warehouse(request.param, tmp_path) as con:
        con.execute(CODEBOOK)
        yield con


@pytest.fixture
def plain(tmp_path):
    with warehouse("plain", tmp_path) as con:
        con.execute(CODEBOOK)
        yield con


def signed(key, text, hours=0.0, **parts):
    return replace(reading(key, text, hours=hours, **parts), signature=sign_text(text))


def article_id(key):
    return short_hash("article", key)


def b_cubed(found, true):
    """Mean precision and recall over the items of a clustering: how pure and how whole each one's cluster is."""
    shares = []
    for item in true:
        together, belong = {i for i in found if found[i] == found[item]}, {i for i in true if true[i] == true[item]}
        shares.append((len(together & belong) / len(together), len(together & belong) / len(belong)))
    return tuple(sum(column) / len(shares) for column in zip(*shares, strict=True))


def cluster(con, texts):
    for number, item in enumerate(texts):
        land(con, number, readings=(signed(f"{item['id']}.test/a", item["text"].strip(), hours=number),))
    ids = {article_id(f"{item['id']}.test/a"): item["id"] for item in texts}
    return {ids[article]: ids[text] for article, text in rows(con, "select article_id, text_id from articles")}


def test_texts_written_from_a_list_of_kinds_are_told_apart(plain):
    found = cluster(plain, GOLD)
    precision, recall = b_cubed(found, {item["id"]: item["cluster"] for item in GOLD})
    wrong = [
        (one["id"], other["id"], found[one["id"]] == found[other["id"]])
        for one, other in combinations(GOLD, 2)
        if (found[one["id"]] == found[other["id"]]) != (one["cluster"] == other["cluster"])
    ]
    assert (precision >= PRECISION_FLOOR, recall >= RECALL_FLOOR) == (True, True), (precision, recall, wrong)


# --- joining, founding, merging --------------------------------------------------------------------------------------

SENTENCES = [
    f"The {number} ministers of {place} signed paper {number * 37} about {thing} on {day} afternoon."
    for number, (place, thing, day) in enumerate(
        [
            *(("Baku", "gas", "Monday"), ("Yerevan", "roads", "Tuesday"), ("Tbilisi", "ports", "Sunday"), ("Aktau", "grain", "Friday")),
            *(("Rasht", "rails", "Monday"), ("Kazan", "steel", "Tuesday"), ("Muscat", "ships", "Sunday"), ("Doha", "banks", "Friday")),
            *(("Ankara", "visas", "Monday"), ("Minsk", "seeds", "Tuesday"), ("Vienna", "atoms", "Sunday"), ("Geneva", "water", "Friday")),
        ]
    )
]


def text_of(*numbers):
    return "\n".join(SENTENCES[number] for number in numbers)


def texts(con):
    """By article the text it is now."""
    return dict(rows(con, "select article_id, text_id from articles"))


A, B, C, D = (f"{name}.test/1" for name in "abcd")


def test_the_first_article_founds_a_text_and_its_reprint_joins_it(con):
    land(con, readings=(signed(A, text_of(0, 1, 2, 3, 4)),))
    land(con, 1, readings=(signed(B, text_of(0, 1, 2, 3), hours=1),))
    assert texts(con) == {article_id(A): article_id(A), article_id(B): article_id(A)}
    history = rows(
        con, "select article_id, text_id, matched_article_id, similarity is null, since_seq from core.text_members order by since_seq"
    )
    assert history == [(article_id(A), article_id(A), None, True, 1), (article_id(B), article_id(A), article_id(A), False, 2)]
    assert run_checks(con) == ()


def test_two_outlets_with_the_very_same_words_in_one_batch_are_one_text(plain):
    land(plain, readings=(signed(A, text_of(0, 1, 2)), signed(B, text_of(0, 1, 2))))
    assert len(set(texts(plain).values())) == 1


def test_landing_twice_is_landing_once(plain):
    batch = {"readings": (signed(A, text_of(0, 1, 2)), signed(B, text_of(0, 1, 2, 3)))}
    tables = ("core.text_signatures", "core.text_bands", "core.text_members", "core.text_aliases", "core.landings")
    land(plain, **batch)
    before = contents(plain, tables)
    land(plain, 1, **batch)
    assert contents(plain, tables) == before


def test_an_article_keeps_its_text_when_it_is_rewritten(plain):
    land(plain, readings=(signed(A, text_of(0, 1, 2)),))
    land(plain, 1, readings=(signed(B, text_of(0, 1, 2), hours=1),))
    land(plain, 2, readings=(signed(B, text_of(6, 7, 8), hours=2),))
    assert texts(plain) == {article_id(A): article_id(A), article_id(B): article_id(A)}


def test_an_article_that_is_much_like_two_texts_merges_them_and_the_elder_goes_on(con):
    land(con, readings=(signed(A, text_of(0, 1, 2, 3, 4, 5)),))
    land(con, 1, readings=(signed(B, text_of(6, 7, 8, 9, 10, 11), hours=1),))
    land(con, 2, readings=(signed(C, text_of(6, 7, 8, 9, 10), hours=2),))
    assert len(set(texts(con).values())) == 2
    # The outlet of A rewrites its page step by step until it is what B wrote.
    land(con, 3, readings=(signed(A, text_of(6, 7, 8, 9, 10, 11), hours=3),))
    assert texts(con) == dict.fromkeys((article_id(A), article_id(B), article_id(C)), article_id(A))
    assert rows(con, "select text_id, alias_of, since_seq from core.text_aliases") == [(article_id(B), article_id(A), 4)]
    assert rows(con, "select count(*) from core.text_members") == [(3,)]
    assert run_checks(con) == ()


def test_a_page_that_is_rewritten_into_another_story_takes_no_reprint_of_the_old_one_along(plain):
    land(plain, readings=(signed(A, text_of(0, 1, 2, 3)), signed(B, text_of(0, 1, 2))))
    land(plain, 1, readings=(signed(C, text_of(6, 7, 8, 9), hours=1),))
    before = texts(plain)
    land(plain, 2, readings=(signed(A, text_of(6, 7, 8, 9), hours=2),))
    assert texts(plain) == before


def test_an_alias_always_leads_to_the_eldest_in_one_step(plain):
    land(plain, readings=(signed(A, text_of(0, 1, 2, 3)),))
    land(plain, 1, readings=(signed(B, text_of(4, 5, 6, 7), hours=1),))
    land(plain, 2, readings=(signed(C, text_of(8, 9, 10, 11), hours=2),))
    land(plain, 3, readings=(signed(C, text_of(4, 5, 6, 7), hours=3),))
    land(plain, 4, readings=(signed(A, text_of(4, 5, 6, 7), hours=4),))
    assert set(texts(plain).values()) == {article_id(A)}
    assert rows(plain, "select text_id, arg_max(alias_of, since_seq) from core.text_aliases group by 1 order by 2, 1") == sorted(
        [(article_id(B), article_id(A)), (article_id(C), article_id(A))]
    )


def test_a_digest_of_two_texts_merges_neither(plain):
    land(plain, readings=(signed(A, text_of(0, 1, 2, 3)),))
    land(plain, 1, readings=(signed(B, text_of(4, 5, 6, 7), hours=1),))
    land(plain, 2, readings=(signed(C, text_of(0, 1, 4, 5, 8, 9, 10, 11), hours=2),))
    found = texts(plain)
    assert found[article_id(A)] != found[article_id(B)]


def test_a_text_without_a_signature_is_compared_with_nothing_and_is_its_own_origin(plain):
    land(plain, readings=(reading(A, text_of(0, 1, 2)),))
    land(plain, 1, readings=(signed(B, text_of(0, 1, 2), hours=1),))
    assert rows(plain, "select text_id, is_origin from articles order by first_seen_at") == [(None, None), (article_id(B), True)]
    assert rows(plain, "select count(*) from stories") == [(1,)]


# --- origins ---------------------------------------------------------------------------------------------------------


def declare(con, source, *, family=None, name=None, seq=1):
    con.execute(
        "insert into core.sources values (?, ?, null, null, null, null, null, null, ?, [], [], null, true, ?)",
        [source, name or source.title(), family, seq],
    )


def carry(con, source, text, hours, *, after=None, path="feed"):
    """Have a source carry a text; return the article's id."""
    key = f"{source}.test/{len(text)}"
    land(con, hours, readings=(signed(key, text, hours=hours),))
    con.execute("update core.articles set source_id = ?, ingest_path = ? where article_id = ?", [source, path, article_id(key)])
    if after is not None:
        con.execute(
            "update core.articles set first_seen_after = first_seen_at - to_minutes(?) where article_id = ?", [after, article_id(key)]
        )
    return article_id(key)


def stories(con):
    return rows(
        con, "select origin_article_id, origin_source_id, origin_agency, articles, sources, origins from stories order by first_seen_at"
    )


def test_a_text_begins_where_it_was_first_seen(plain):
    first = carry(plain, "gazette", text_of(0, 1, 2, 3), 1)
    carry(plain, "ledger", text_of(0, 1, 2), 2)
    assert stories(plain) == [(first, "gazette", None, 2, 2, 1)]
    assert rows(plain, "select source_id, is_origin from articles order by 1") == [("gazette", True), ("ledger", False)]


def test_what_an_archive_shows_later_is_never_first_seen(plain):
    old = carry(plain, "archive", text_of(0, 1, 2, 3), 0, path="backfill:warc")
    first = carry(plain, "gazette", text_of(0, 1, 2), 5)
    assert stories(plain) == [(first, "gazette", None, 2, 2, 1)]
    assert rows(plain, "select first_seen_at = (select first_seen_at from articles where source_id = 'gazette') from stories") == [(True,)]
    assert plain.execute("select is_origin from articles where article_id = ?", [old]).fetchall() == [(False,)]


def test_a_credited_agency_that_we_do_not_hold_is_the_origin_and_has_no_article(plain):
    carry(plain, "gazette", "LONDON (Reuters) - " + text_of(0, 1, 2, 3), 1)
    carry(plain, "ledger", text_of(0, 1, 2, 3), 2)
    assert stories(plain) == [(None, None, "reuters", 2, 2, 1)]
    assert rows(plain, "select distinct is_origin from articles") == [(False,)]


def test_a_credited_agency_that_we_hold_is_the_origin_even_when_we_saw_its_article_last(plain):
    declare(plain, "tass-en", family="tass")
    carry(plain, "gazette", "MOSCOW, November 12. /TASS/. " + text_of(0, 1, 2, 3), 1)
    own = carry(plain, "tass-en", text_of(0, 1, 2, 3), 2)
    assert stories(plain) == [(own, "tass-en", "tass", 2, 2, 1)]


def test_an_agency_is_known_by_the_name_its_source_declares(plain):
    declare(plain, "meridian", name="Meridian Agency")
    carry(plain, "gazette", "ISTANBUL (Meridian Agency) - " + text_of(0, 1, 2, 3), 1)
    own = carry(plain, "meridian", text_of(0, 1, 2, 3), 2)
    assert stories(plain) == [(own, "meridian", "meridian agency", 2, 2, 1)]


def test_outlets_of_one_family_are_one_origin(plain):
    for source in ("north", "south"):
        declare(plain, source, family="compass")
    declare(plain, "gazette")
    for source, numbers, hours in (("north", (0, 1, 2), 1), ("south", (4, 5, 6), 2), ("gazette", (8, 9, 10), 3)):
        carry(plain, source, text_of(*numbers), hours)
    assert rows(plain, "select count(distinct origin) from core.text_origins") == [(2,)]


def test_days_count_articles_and_origins(plain):
    for number, source in enumerate(("gazette", "ledger", "compass")):
        carry(plain, source, "LONDON (Reuters) - " + text_of(0, 1, 2, 3), number)
    carry(plain, "vestnik", text_of(6, 7, 8), 4)
    assert rows(plain, "select articles, sources, origins from theme_daily") == [(4, 4, 2)]
    assert rows(plain, "select source_id, articles, origins from source_theme order by 1") == [
        ("compass", 1, 1),
        ("gazette", 1, 1),
        ("ledger", 1, 1),
        ("vestnik", 1, 1),
    ]
    # Two voices, both diverging: three reprints weigh as much as one report.
    assert rows(plain, "select index, articles, origins from dyad_daily where dyad = 'us_iran'") == [(-1.0, 4, 2)]


# --- lead and lag ----------------------------------------------------------------------------------------------------


def test_a_lead_is_certain_where_the_polls_do_not_overlap(plain):
    # gazette: between 00:50 and 01:00. ledger: between 01:30 and 02:00. compass: between 01:20 and 03:00.
    carry(plain, "gazette", text_of(0, 1, 2, 3), 1, after=10)
    carry(plain, "ledger", text_of(0, 1, 2), 2, after=30)
    carry(plain, "compass", text_of(0, 1, 2, 3, 4), 3, after=100)
    assert rows(plain, "select source_id, other_source_id, lead_minutes, low, high, verdict from lead_lag order by 1") == [
        ("compass", "gazette", -75.0, -130.0, -20.0, "follows"),
        ("gazette", "ledger", 50.0, 30.0, 70.0, "leads"),
        ("ledger", "gazette", -50.0, -70.0, -30.0, "follows"),
    ]


def test_a_lead_is_undecided_where_the_polls_overlap_or_the_first_poll_brought_it(plain):
    carry(plain, "gazette", text_of(0, 1, 2, 3), 1, after=10)
    carry(plain, "ledger", text_of(0, 1, 2), 1.5, after=60)
    assert rows(plain, "select source_id, low, high, verdict from lead_lag order by 1") == [
        ("gazette", -30.0, 40.0, "undecided"),
        ("ledger", -40.0, 30.0, "undecided"),
    ]
    carry(plain, "compass", text_of(0, 1, 2, 3, 4), 9)
    assert rows(plain, "select low, high, lead_minutes, verdict from lead_lag where source_id = 'compass'") == [
        (-490.0, None, -480.0, "undecided")
    ]


def test_a_text_that_one_source_carries_has_no_lead(plain):
    carry(plain, "gazette", text_of(0, 1, 2, 3), 1)
    assert rows(plain, "from lead_lag") == []
