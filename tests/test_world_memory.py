"""Site memory in whole runs: the first teaches, the second reads by it, and what people read is as true as without."""

import pytest
from world.picture import look, told
from world.server import World
from world.truth import page_url

from extractors.records import SiteContainer
from flows.run import run_stream
from warehouse import queue
from warehouse.store import open_readonly

pytestmark = pytest.mark.slow

HOST = "host00.example"


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    """Two runs over one outlet: six stories, then six more and two edits of the first ones."""
    with World(seed=5, hosts=1, articles_per_host=6, faults={}) as world:
        settings = world.settings(tmp_path_factory.mktemp("memory") / "data")
        run_stream(settings)
        with open_readonly(settings.published) as con:
            after_first = queue.site_memories(con, (HOST,))
        for number in range(2):
            world.edit(world.truth.article(0, number))
        for _ in range(6):
            world.publish(0)
        run_stream(settings)
        with open_readonly(settings.published) as con:
            rows = con.execute("select url, version, cause, extractor from main.article_versions order by url, version").fetchall()
            memories = queue.site_memories(con, (HOST,))
        yield after_first, memories, rows, look(settings.published), told(world.truth.articles)


def test_what_the_first_run_taught_is_in_the_warehouse(life):
    (memory,), *_ = life
    assert (memory.pages, memory.containers) == (6, (SiteContainer(path="div.article-body", pages=memory.containers[0].pages),))
    assert memory.containers[0].pages >= 2


def test_the_second_run_reads_by_it_and_adds_to_it(life):
    _, (memory,), rows, _, _ = life
    assert (memory.pages, memory.disagreements) == (12, 0)
    new = {page_url(0, number) for number in range(6, 12)}
    assert sum(url in new and "+site-" in extractor for url, _, _, extractor in rows) >= 4  # the others are checks


def test_every_text_is_true_and_every_edit_is_the_publishers(life):
    *_, rows, picture, truth = life
    assert picture.articles == truth
    assert {cause for _, _, cause, _ in rows} == {"publisher"}
    assert sum(version == 2 for _, version, _, _ in rows) == 2
    assert picture.findings == ()
