"""Landing a batch: all of it or nothing, once however often, the same on a plain file and on a lake."""

from dataclasses import replace

import pytest
from batches import (
    FEED,
    GAZETTE,
    TABLES,
    article,
    at,
    capture,
    classification,
    contents,
    entry,
    land,
    page,
    poll,
    reading,
    rows,
    warehouse,
)

from extractors.errors import WarehouseError
from extractors.records import (
    Batch,
    CodebookState,
    ExtractRules,
    Feed,
    PageRejection,
    Published,
    Receipt,
    Rejection,
    RunRecord,
    SiteContainer,
    SiteLine,
    SiteMemory,
    SiteRecipe,
    Visit,
    short_hash,
)
from warehouse import landing, queue

A, B, C = "gazette.test/a", "gazette.test/b", "gazette.test/c"
ARTICLE_A, ARTICLE_B = short_hash("article", A), short_hash("article", B)


@pytest.fixture(params=["plain", pytest.param("lake", marks=pytest.mark.slow)])
def con(request, tmp_path):
    with warehouse(request.param, tmp_path) as con:
        yield con


@pytest.fixture
def plain(tmp_path):
    with warehouse("plain", tmp_path) as con:
        yield con


# --- feeds, entries, queue -------------------------------------------------------------------------------------------


def test_entries_land_with_the_feeds_validators_and_queue_their_pages(con):
    receipt = land(con, feed_visits=(poll(entry(A), entry(B), etag='W/"x"'),))
    assert receipt == Receipt(landed_seq=1, entries_new=2)
    assert rows(con, "select url_key, stage, reason, scope, source_id from raw.pages order by 1") == [
        (A, "pending", "new", "gazette.test", "gazette"),
        (B, "pending", "new", "gazette.test", "gazette"),
    ]
    assert rows(con, "select etag from raw.feeds") == [('W/"x"',)]


def test_an_entry_is_dated_between_two_polls(plain):
    land(plain, feed_visits=(poll(entry(A)),))
    land(plain, 2, feed_visits=(poll(entry(A), entry(B), hours=2),))
    dates = "select url_key, first_seen_after, first_seen_at, last_seen_at from raw.entries order by 1"
    naive = [at(hours).replace(tzinfo=None) for hours in (0, 2)]
    assert rows(plain, dates) == [(A, None, naive[0], naive[1]), (B, naive[0], naive[1], naive[1])]


def test_a_304_moves_the_feed_and_nothing_else(plain):
    land(plain, feed_visits=(poll(entry(A)),))
    before = contents(plain, ("raw.entries", "raw.pages"))
    assert land(plain, 1, feed_visits=(poll(hours=1, outcome="not_modified"),)) == Receipt(landed_seq=2)
    assert contents(plain, ("raw.entries", "raw.pages")) == before
    assert rows(plain, "select last_outcome from raw.feeds") == [("not_modified",)]


def test_a_changed_entry_requeues_the_page_that_was_read(con):
    land(con, feed_visits=(poll(entry(A)),))
    land(con, pages=(page(A, stage="read", attempts=2, first_attempt_at=at(), due_at=at(6)),), readings=(reading(A, "one"),))
    receipt = land(con, 2, feed_visits=(poll(entry(A, "Another title"), hours=2),))
    assert receipt == Receipt(landed_seq=3, entries_changed=1)
    queued = "select stage, reason, attempts, first_attempt_at, due_at from raw.pages"
    assert rows(con, queued) == [("pending", "changed", 0, None, at(2).replace(tzinfo=None))]


def test_an_entry_that_goes_back_to_older_words_has_changed(plain):
    for hours, title in enumerate(("One", "Two", "One")):
        land(plain, hours, pages=(page(A, stage="read"),))
        receipt = land(plain, hours, feed_visits=(poll(entry(A, title), hours=hours),))
        assert receipt.entries_changed == (1 if hours else 0)
    assert rows(plain, "select stage, reason from raw.pages") == [("pending", "changed")]


def test_a_page_that_a_document_carries_twice_has_not_changed(plain):
    twice = entry(A, "One"), entry(A, "Two")
    assert land(plain, feed_visits=(poll(*twice),)).entries_new == 1
    assert land(plain, 1, feed_visits=(poll(*twice, hours=1),)).entries_changed == 0


@pytest.mark.parametrize("stage", ["pending", "captured", "rejected"])
def test_a_changed_entry_leaves_a_page_alone_that_was_not_read(plain, stage):
    land(plain, feed_visits=(poll(entry(A)),), pages=(page(A, stage=stage, attempts=3),))
    land(plain, 1, feed_visits=(poll(entry(A, "Another title"), hours=1),))
    assert rows(plain, "select stage, attempts from raw.pages") == [(stage, 3)]


def test_a_page_of_another_feed_is_sighted_but_not_queued_again(plain):
    other = replace(FEED, feed_id="other", url="https://other.test/rss", source_id="other")
    land(plain, feed_visits=(poll(entry(A)),))
    land(plain, 1, feed_visits=(poll(entry(A), feed=other, hours=1),))
    assert rows(plain, "select count(*) from raw.entries") == [(2,)]
    assert rows(plain, "select url_key, source_id from raw.pages") == [(A, "gazette")]


def test_another_address_of_a_known_article_is_not_queued(con):
    land(con, readings=(reading(A, "one", B),), pages=(page(A, stage="read"),))
    land(con, feed_visits=(poll(entry(B)),))
    assert rows(con, "select url_key from raw.pages") == [(A,)]


def test_a_changed_entry_at_another_address_requeues_the_page(plain):
    land(plain, readings=(reading(A, "one", B),), pages=(page(A, stage="read"),))
    land(plain, feed_visits=(poll(entry(B)),))
    land(plain, 1, feed_visits=(poll(entry(B, "Another title"), hours=1),))
    assert rows(plain, "select url_key, stage, reason from raw.pages") == [(A, "pending", "changed")]


def test_a_state_in_the_batch_wins_over_what_its_entries_say(plain):
    states = page(A, stage="captured"), page(A, stage="read", revisits=1)
    land(plain, feed_visits=(poll(entry(A)),), pages=states)
    assert rows(plain, "select stage, revisits from raw.pages") == [("read", 1)]


def test_a_poll_leaves_it_to_the_sources_whether_a_feed_is_enabled(plain):
    landing.land_sources(plain, (), run_id="run-1", now=at())
    land(plain, feed_visits=(poll(entry(A)),))
    landing.land_sources(plain, (), run_id="run-1", now=at())
    land(plain, 1, feed_visits=(poll(hours=1),))
    assert rows(plain, "select is_enabled from raw.feeds") == [(False,)]


# --- articles and versions -------------------------------------------------------------------------------------------


def test_a_reading_becomes_an_article_with_its_findings(con):
    land(con, feed_visits=(poll(entry(A)),))
    receipt = land(con, 1, readings=(reading(A, "Iran talks", hours=1),), pages=(page(A, stage="read"),))
    assert receipt == Receipt(landed_seq=2, articles_new=1, versions_new=1)
    assert rows(con, "select article_id, url, source_id, ingest_path from core.articles") == [
        (ARTICLE_A, "https://gazette.test/a", "gazette", "feed")
    ]
    versions = "select version, content_hash, title, text, cause, diff_kind, extractor from core.article_versions"
    digest = article("Iran talks").content_hash
    assert rows(con, versions) == [(1, digest, "A title", "Iran talks", "publisher", "first", "reader 1")]
    assert rows(con, "from core.evidence") == [(digest, "1.0.0+abc", "text", 0, 3, "sanctions", "sanction", 0.9, 2)]
    assert rows(con, "select content_hash, is_relevant from core.classifications") == [(digest, True)]
    assert rows(con, "select actor, mentions from core.article_actors order by 1") == [("iran", 2), ("us", 1)]
    assert rows(con, "select dyad, direction from core.article_dyads") == [("us_iran", "diverging")]


def test_an_article_keeps_the_bounds_of_its_first_sighting(plain):
    land(plain, feed_visits=(poll(),))
    land(plain, 2, feed_visits=(poll(entry(A), hours=2),))
    land(plain, 3, readings=(reading(A, "one", hours=3),))
    bounds = [at(hours).replace(tzinfo=None) for hours in (0, 2)]
    assert rows(plain, "select first_seen_after, first_seen_at from core.articles") == [tuple(bounds)]


def test_nobody_knows_before_when_a_page_was_there_that_an_archive_told_of_before_its_feed(plain):
    land(plain, pages=(page(A, ingest_path="backfill:warc"),))
    land(plain, 2, feed_visits=(poll(hours=1), poll(entry(A), hours=2)))
    land(plain, 3, readings=(reading(A, "one", hours=3),))
    found = "select first_seen_after, first_seen_at, ingest_path from core.articles"
    assert rows(plain, found) == [(None, at().replace(tzinfo=None), "backfill:warc")]


def test_an_edit_is_a_version_and_so_is_taking_it_back(con):
    texts = ("5 killed", "5 killed", "7 killed", "5 killed")
    receipts = [land(con, hours, readings=(reading(A, text, hours=hours),)) for hours, text in enumerate(texts)]
    assert [receipt.versions_new for receipt in receipts] == [1, 0, 1, 1]
    versions = "select version, text, cause, diff_kind from core.article_versions order by version"
    assert rows(con, versions) == [
        (1, "5 killed", "publisher", "first"),
        (2, "7 killed", "publisher", "material"),
        (3, "5 killed", "publisher", "material"),
    ]
    assert rows(con, "select count(*) from core.readings") == [(4,)]


def test_versions_in_one_batch_follow_one_another(plain):
    land(plain, 3, readings=(reading(A, "two", hours=2), reading(A, "one", hours=1), reading(A, "two", hours=3)))
    assert rows(plain, "select version, text from core.article_versions order by 1") == [(1, "one"), (2, "two")]


def test_a_capture_read_by_another_extractor_is_no_edit_of_the_publisher(con):
    land(con, readings=(reading(A, "one"),))
    land(con, 1, readings=(reading(A, "one and two", extractor="reader 2"),))
    land(con, 2, readings=(reading(A, "one and three", hours=2, extractor="reader 2"),))
    assert rows(con, "select version, cause, extractor from core.article_versions order by 1") == [
        (1, "publisher", "reader 1"),
        (2, "extractor", "reader 2"),
        (3, "publisher", "reader 2"),
    ]


def test_a_new_page_read_by_a_new_extractor_never_looks_like_a_silent_edit(plain):
    land(plain, readings=(reading(A, "one"),))
    land(plain, 1, readings=(reading(A, "one and two", hours=1, extractor="reader 2"),))
    assert rows(plain, "select cause from core.article_versions where version = 2") == [("extractor",)]


def test_an_older_capture_is_no_news(plain):
    land(plain, readings=(reading(A, "today", hours=5),))
    assert land(plain, readings=(reading(A, "yesterday", hours=1),)).versions_new == 0
    assert rows(plain, "select text from core.article_versions") == [("today",)]
    assert rows(plain, "select count(*) from core.readings") == [(2,)]
    assert rows(plain, "select content_hash from core.classifications") == [(article("today").content_hash,)]


def test_a_wording_is_classified_once_under_a_codebook(plain):
    nothing = replace(classification("2.0.0+def"), evidence=(), dyads=())
    land(plain, readings=(reading(A, "one"), reading(B, "one")))
    land(plain, readings=(replace(reading(A, "one"), classification=nothing),))
    assert rows(plain, "select codebook_version, is_relevant from core.classifications order by 1") == [
        ("1.0.0+abc", True),
        ("2.0.0+def", False),
    ]
    assert rows(plain, "select count(*) from core.evidence") == [(1,)]


def test_a_passage_lands_once_for_a_cue(plain):
    found = classification()
    twice = replace(found, evidence=(*found.evidence, replace(found.evidence[0], score=0.5)))
    land(plain, readings=(replace(reading(A, "one"), classification=twice),))
    assert rows(plain, "select score from core.evidence") == [(0.9,)]


# --- identity --------------------------------------------------------------------------------------------------------


def test_a_page_seen_at_a_known_address_is_that_article(con):
    land(con, readings=(reading(A, "one", B),))
    assert land(con, 1, readings=(reading(B, "two", hours=1),)).articles_new == 0
    assert rows(con, "select article_id, version from core.article_versions order by 2") == [(ARTICLE_A, 1), (ARTICLE_A, 2)]
    assert rows(con, "select url_key, article_id, kind from core.article_urls order by 1") == [
        (A, ARTICLE_A, "seen"),
        (B, ARTICLE_A, "canonical"),
    ]


def test_two_ids_that_prove_to_be_one_go_on_under_the_elder(con):
    land(con, readings=(reading(A, "one"),))
    land(con, readings=(reading(B, "two"),))
    assert land(con, 1, readings=(reading(B, "three", A, hours=1),)) == Receipt(landed_seq=3, versions_new=1)
    assert rows(con, "from core.article_aliases") == [(ARTICLE_B, ARTICLE_A, 3)]
    assert rows(con, "select article_id, version, text from core.article_versions order by landed_seq") == [
        (ARTICLE_A, 1, "one"),
        (ARTICLE_B, 1, "two"),
        (ARTICLE_A, 2, "three"),
    ]
    assert land(con, 2, readings=(reading(B, "three", hours=2),)) == Receipt(landed_seq=4)


def test_an_alias_of_an_alias_leads_to_the_elder_in_one_step(con):
    land(con, readings=(reading(A, "one"),))
    land(con, readings=(reading(B, "two"),))
    land(con, readings=(reading(C, "three"),))
    land(con, 1, readings=(reading(C, "three", B, hours=1),))
    land(con, 2, readings=(reading(B, "three", A, hours=2),))
    last = "select article_id, arg_max(alias_of, since_seq) from core.article_aliases group by 1 order by 2, 1"
    assert rows(con, last) == sorted([(ARTICLE_B, ARTICLE_A), (short_hash("article", C), ARTICLE_A)])


def test_ids_that_prove_to_be_one_in_the_batch_that_gives_them_share_one_history(plain):
    land(plain, readings=(reading(A, "one", hours=1), reading(B, "two", hours=2), reading(C, "two", A, B, hours=3)))
    elder, younger = (ARTICLE_A, ARTICLE_B)
    assert rows(plain, "select article_id, alias_of from core.article_aliases") == [(younger, elder)]
    assert rows(plain, "select article_id, version, text from core.article_versions order by 2") == [(elder, 1, "one"), (elder, 2, "two")]


# --- refusals and log ------------------------------------------------------------------------------------------------


def test_a_refused_page_lands_once_with_its_reason(con):
    refused = PageRejection(
        url_key=A, url="https://gazette.test/a", source_id="gazette", rejection=Rejection(reason="not_found"), attempts=5, at=at(1)
    )
    for _ in range(2):
        land(con, 1, rejections=(refused,), pages=(page(A, stage="rejected"),))
    assert rows(con, "select url_key, source_id, reason, attempts, next_try_at, capture_id, landed_seq from core.rejections") == [
        (A, "gazette", "not_found", 5, None, None, 1)
    ]


def test_a_refused_reading_says_whether_it_is_tried_again(con):
    killed = replace(reading(A, ""), outcome=Rejection(reason="killed", detail="signal 9"), classification=None)
    receipt = land(con, 1, readings=(killed,), pages=(page(A, stage="pending", attempts=2, due_at=at(5)),))
    assert receipt.rejected == 1
    found = "select reason, detail, source_id, attempts, next_try_at, capture_id from core.rejections"
    assert rows(con, found) == [("killed", "signal 9", "gazette", 2, at(5).replace(tzinfo=None), killed.capture.capture_id)]


def test_a_capture_lands_once_whoever_speaks_of_it(plain):
    shot = capture(A)
    land(plain, captures=(shot,))
    land(plain, 1, captures=(shot,), readings=(reading(A, "one"),), pages=(page(A, stage="read", capture=shot),))
    assert rows(plain, "select capture_id, landed_seq from raw.captures") == [(shot.capture_id, 1)]


def test_a_visit_lands_once_with_what_was_wrong_with_the_document(plain):
    robots = Visit(
        kind="robots",
        url="https://x.test/robots.txt",
        final_url="https://x.test/robots.txt",
        source_id=None,
        outcome="ok",
        duration_ms=1,
        at=at(),
    )
    bad = replace(poll(), problems=("no title",))
    for _ in range(2):
        land(plain, visits=(robots, robots, bad.visit), feed_visits=(bad,))
    assert rows(plain, "select kind, problems, run_id, landed_seq from raw.visits order by 1") == [
        ("feed", ["no title"], "run-1", 1),
        ("robots", [], "run-1", 1),
    ]


def test_lone_surrogates_are_stored_as_one_replacement_each(plain):
    land(plain, readings=(reading(A, "a\ud800b"),))
    assert rows(plain, "select text from core.article_versions") == [("a\ufffdb",)]


# --- all or nothing --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "broken",
    [{"fetched_at": at().replace(tzinfo=None)}, {"status": None}, {"body_bytes": "many"}],
    ids=["a naive instant", "a missing value", "a wrong type"],
)
def test_a_broken_record_leaves_nothing_of_its_batch(con, broken):
    land(con, feed_visits=(poll(entry(A)),))
    before = contents(con)
    parts = {"feed_visits": (poll(entry(B), hours=1),), "readings": (reading(A, "one"),), "pages": (page(A, stage="read"),)}
    with pytest.raises(WarehouseError):
        land(con, 1, captures=(capture(A, 9, **broken),), **parts)
    assert contents(con) == before
    land(con, 1, **parts)
    assert rows(con, "select landed_seq from core.landings order by 1") == [(1,), (2,)]


def test_an_error_of_the_caller_leaves_nothing_either(plain):
    def no_scope(url):
        raise KeyError(url)

    with pytest.raises(KeyError):
        landing.land(plain, Batch(feed_visits=(poll(entry(A)),)), run_id="run-1", now=at(), scope_of=no_scope)
    assert contents(plain) == {table: [] for table in TABLES}


def test_numbers_of_landings_rise_and_none_is_spent_on_nothing(con):
    batches = [{"readings": (reading(A, text, hours=hours),)} for hours, text in enumerate("aab")]
    numbers = [land(con, 3, **batch).landed_seq for batch in (*batches, batches[0], {}, {"pages": (page(A),)})]
    assert numbers == [1, 2, 3, 3, 3, 3]
    assert rows(con, "select landed_seq, run_id from core.landings order by 1") == [(1, "run-1"), (2, "run-1"), (3, "run-1")]


# --- declarations, runs, codebooks -----------------------------------------------------------------------------------


def test_a_changed_declaration_is_a_new_row_and_an_unchanged_one_is_none(con):
    for name in ("The Gazette", "The Gazette", "New Gazette"):
        landing.land_sources(con, (replace(GAZETTE, name=name),), run_id="run-1", now=at())
    assert rows(con, "select source_id, name, landed_seq from core.sources order by 3") == [
        ("gazette", "The Gazette", 1),
        ("gazette", "New Gazette", 2),
    ]


def test_declarations_keep_everything_that_is_said(plain):
    full = replace(
        GAZETTE,
        home="https://gazette.test",
        country="ru",
        owner="Ministry",
        affiliation="state",
        family="ministry",
        extract=ExtractRules(keep=("main",), drop=("aside", ".ad")),
        host_delay_seconds=9.5,
    )
    landing.land_sources(plain, (full,), run_id="run-1", now=at())
    names = ("gazette", "The Gazette", "https://gazette.test", "ru", "en", "Europe/Moscow", "Ministry", "state", "ministry")
    assert rows(plain, "select * exclude (landed_seq) from core.sources") == [(*names, ["main"], ["aside", ".ad"], 9.5, True)]


def test_what_is_declared_no_longer_is_disabled_and_comes_back_as_it_was(con):
    land(con, feed_visits=(poll(etag='"x"'),))
    states = []
    for sources in ((GAZETTE,), (), (replace(GAZETTE, enabled=False),), (GAZETTE,)):
        landing.land_sources(con, sources, run_id="run-1", now=at())
        states += rows(con, "select is_enabled, etag from raw.feeds")
    assert states == [(True, '"x"'), (False, '"x"'), (False, '"x"'), (True, '"x"')]
    assert rows(con, "select is_enabled from core.sources order by landed_seq") == [(True,), (False,), (True,)]


def test_a_feed_speaks_its_own_language_else_its_sources(plain):
    feeds = Feed(url="https://gazette.test/rss"), Feed(url="https://gazette.test/fa", lang="fa")
    landing.land_sources(plain, (replace(GAZETTE, feeds=feeds),), run_id="run-1", now=at())
    assert rows(plain, "select lang, timezone from raw.feeds order by 1") == [("en", "Europe/Moscow"), ("fa", "Europe/Moscow")]


def test_a_run_is_recorded_at_its_start_and_at_its_end(con):
    start = RunRecord(run_id="run-1", flow="ingest", started_at=at(), versions=(("trilateral", "0.1.0"),))
    end = replace(start, ended_at=at(1), status="completed", counts=(("articles", 3), ("rejected", 1)))
    for run in (start, start, end, end):
        landing.land_run(con, run, now=at(1))
    assert rows(con, "select status, counts, landed_seq from core.runs order by landed_seq") == [
        ("running", "{}", 1),
        ("completed", '{"articles": 3, "rejected": 1}', 2),
    ]


def test_runs_whose_process_is_gone_are_closed_as_lost(con):
    for run_id in ("dead", "alive", "done"):
        run = RunRecord(run_id=run_id, flow="ingest", started_at=at(), counts=(("articles", 3),))
        landing.land_run(con, run, now=at())
    landing.land_run(con, RunRecord(run_id="done", flow="ingest", started_at=at(), ended_at=at(1), status="completed"), now=at(1))
    (lost,) = landing.close_lost_runs(con, now=at(2), alive=lambda run_id: run_id == "alive")
    assert (lost.status, lost.ended_at) == ("lost", at(2))
    assert landing.close_lost_runs(con, now=at(3), alive=lambda run_id: run_id == "alive") == ()
    assert landing.lost_runs(con, since=at(2)) == (lost,)
    assert landing.lost_runs(con, since=at(3)) == ()
    last = "select run_id, arg_max(status, landed_seq), max(ended_at) from core.runs group by 1 order by 1"
    assert rows(con, last) == [
        ("alive", "running", None),
        ("dead", "lost", at(2).replace(tzinfo=None)),
        ("done", "completed", at(1).replace(tzinfo=None)),
    ]


def test_a_codebook_that_becomes_active_relieves_the_one_before(con):
    old = CodebookState(codebook_version="1.0.0+abc", themes=("war", "talks"), active=True, complete=True)
    new = replace(old, codebook_version="1.1.0+def", active=False, complete=False)
    for state in (old, old, new, replace(new, active=True, complete=True)):
        landing.land_codebook(con, state, now=at(), run_id="run-1")
    assert rows(con, "select codebook_version, ordinal, is_active, is_complete, landed_seq from core.codebooks order by 5, 2") == [
        ("1.0.0+abc", 1, True, True, 1),
        ("1.1.0+def", 2, False, False, 2),
        ("1.0.0+abc", 1, False, True, 3),
        ("1.1.0+def", 2, True, True, 3),
    ]


def test_how_far_a_text_can_be_trusted_lands_with_it(con):
    measured = reading(A, "Iran talks", link_density=0.25, boilerplate_share=0.5)
    land(con, feed_visits=(poll(entry(A)),), readings=(measured,))
    found = "select link_density, boilerplate_share, text_hash, is_near_empty from main.articles"
    assert rows(con, found) == [(0.25, 0.5, short_hash(measured.outcome.text), True)]


# --- first polls and departures --------------------------------------------------------------------------------------


def test_of_a_first_poll_the_newest_fifty_come_first_and_the_rest_after_what_is_new(plain):
    keys = [f"gazette.test/{number:02}" for number in range(60)]
    dated = [entry(key, published=Published(at=at(-number), precision="second")) for number, key in enumerate(keys)]
    land(plain, feed_visits=(poll(*reversed(dated)),))
    land(plain, 1, feed_visits=(poll(entry("gazette.test/new"), hours=1),))
    due = [item.url_key for item in queue.pending_pages(plain, now=at(2), per_scope=99, limit=99)]
    assert due[0] == "gazette.test/new"
    assert (sorted(due[1:51]), sorted(due[51:])) == (keys[:50], keys[50:])


def _read_page(con, key, *, hours):
    """A page that was read and rests until its next age."""
    land(con, hours, pages=(page(key, stage="read", reason="revisit", capture=capture(key), due_at=at(90)),), captures=(capture(key),))


@pytest.mark.parametrize(("hours", "is_complete", "is_due"), [(2, False, True), (80, False, False), (80, True, True)])
def test_a_page_that_leaves_its_feed_young_or_a_complete_feed_at_all_is_looked_at_once_more(plain, hours, is_complete, is_due):
    land(plain, feed_visits=(poll(entry(A), entry(B)),))
    _read_page(plain, A, hours=1)
    left = replace(poll(entry(B), hours=hours), is_complete=is_complete)
    land(plain, hours, feed_visits=(left,))
    due = {item.url_key for item in queue.pending_pages(plain, now=at(hours), per_scope=9, limit=9)}
    assert (A in due) is is_due


def test_a_feed_is_put_right_after_its_visit_landed(plain):
    land(plain, feed_visits=(poll(failures=0.25),), feeds=(replace(poll().after, next_poll_rule="our own outage"),))
    (found,) = queue.due_feeds(plain, now=at(2), limit=9)
    assert (found.failures, found.next_poll_rule) == (0.0, "our own outage")


# --- site memory -----------------------------------------------------------------------------------------------------

MEMORY = SiteMemory(
    site="gazette.test",
    reader=2,
    pages=7,
    containers=(SiteContainer(path="main#main>div.story-body", pages=4), SiteContainer(path="div.live", pages=1)),
    lines=(SiteLine(key="0123456789ab", inside=3, outside=0), SiteLine(key="cdef01234567", inside=0, outside=2)),
    recent=("0f3a9c21", "77aa0012"),
    agreements=2,
    disagreements=1,
    disagreed_at=at(3),
)


def test_a_memory_comes_back_as_it_landed(con):
    land(con, memories=(MEMORY, replace(MEMORY, site="wire.test", disagreed_at=None)))
    found = {memory.site: memory for memory in queue.site_memories(con, ("gazette.test", "wire.test", "unknown.test"))}
    assert found == {"gazette.test": MEMORY, "wire.test": replace(MEMORY, site="wire.test", disagreed_at=None)}


def test_of_two_memories_that_of_more_pages_stands(con):
    for pages in (7, 9, 8, 9):
        land(con, memories=(replace(MEMORY, pages=pages, recent=(f"{pages:08}",)),))
    assert queue.site_memories(con, ("gazette.test",)) == (replace(MEMORY, pages=9, recent=("00000009",)),)
    assert rows(con, "select count(*) from raw.site_memory") == [(1,)]


def test_a_memory_stays_within_4_kb(plain):
    full = replace(
        MEMORY,
        pages=10**6,
        containers=tuple(SiteContainer(path=f"div.{number}{'x' * 194}", pages=10**5) for number in range(4)),
        lines=tuple(SiteLine(key=f"{number:012}", inside=10**4, outside=10**4) for number in range(80)),
        recent=tuple(f"{number:08}" for number in range(40)),
    )
    land(plain, memories=(full,))
    assert rows(plain, "select octet_length(encode(memory)) <= 4096 from raw.site_memory") == [(True,)]


def test_how_a_page_was_read_first_comes_back_with_the_page(con):
    recipe = SiteRecipe(container="div.story-body", dropped=("0123456789ab",))
    land(con, pages=(page(A, recipe=recipe), page(B)))
    assert [state.recipe for state in queue.pages_by_key(con, (A, B))] == [recipe, None]


# --- memory ----------------------------------------------------------------------------------------------------------


def test_a_batch_too_large_for_the_memory_of_a_landing_is_landed_with_more(plain):
    plain.execute("set memory_limit = '24MiB'")
    (little,) = rows(plain, "select current_setting('memory_limit')")
    long = "".join(chr(ord("a") + n % 26) + " " for n in range(500_000))
    pages = [f"gazette.test/{n}" for n in range(40)]

    receipt = land(plain, readings=tuple(reading(key, f"{key} {long}") for key in pages))

    assert receipt.articles_new == len(pages)
    assert rows(plain, "select current_setting('memory_limit')") == [little]
