"""The drill: back up while a run writes, lose everything, restore, go on as if nothing had been; and what is refused."""

import json
import shutil

import pytest
from world.driver import drive
from world.picture import look, told
from world.server import World

from extractors.errors import BackupError, SettingError
from extractors.fetch.hosts import HostBook
from flows.backup import back_up, read_backup, restore
from flows.run import run_stream

pytestmark = pytest.mark.slow


def silent(_):
    """Say nothing."""


def test_after_a_loss_of_everything_the_backup_goes_on_without_fetching_anything_again(tmp_path):
    with World(seed=71, hosts=3, articles_per_host=4) as world:
        settings = world.settings(tmp_path / "data", revisit_hours=(10_000.0,))
        run_stream(settings)
        for host in range(3):
            world.publish(host)
        world.hold("host02.example")
        with drive(settings, "during") as driver:
            world.wait_until(
                lambda: len(driver.lines()) >= 2 and world.open_exchanges(), what="a run has landed and fetches on", seconds=60
            )
            made = back_up(settings, tmp_path / "backup", say=silent)
            assert not driver.has_ended(), "it was made while the run went on"
            on_disk = {exchange.url for exchange in world.log("page")}
            world.release("host02.example")
            assert driver.end() == 0, driver.output()
        assert made.through_seq >= driver.acknowledged()[0].landed_seq
        shutil.rmtree(settings.data_dir)
        restore(settings, tmp_path / "backup", force=False, say=silent)
        assert look(settings.published).rows >= 12, "people can ask at once"
        before = world.received
        world.publish(1)
        run_stream(settings)
        world.settle()
        again = [exchange.url for exchange in world.log("page", since=0)[0:] if exchange.url in on_disk]
        assert sorted(again) == sorted(set(again)), "nothing that the backup holds was asked for twice"
        assert world.received > before
        picture = look(settings.published)
        assert picture.articles == told(world.truth.articles)
        assert picture.findings == ()
        assert picture.runs[:3] == ("completed", "lost", "completed"), "the run that the backup found at work did not end here"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A data folder of one run, and its backup."""
    folder = tmp_path_factory.mktemp("house")
    with World(seed=72, hosts=1, articles_per_host=2) as world:
        settings = world.settings(folder / "data")
        run_stream(settings)
    return settings, back_up(settings, folder / "backup", say=silent), folder / "backup"


def test_a_backup_says_what_it_holds(house):
    settings, made, folder = house
    assert [file.path.partition("/trilateral-")[0] for file in made.files] == [
        f"captures/{settings.captures_dir.rglob('*.gz').__next__().parent.relative_to(settings.captures_dir)}",
        *(f"manifests/{path.name}" for path in (settings.data_dir / "manifests").iterdir()),
        "private/hosts.sqlite",
        "private/warehouse.duckdb",
    ]
    assert read_backup(folder) == made
    assert {path.name for path in folder.iterdir()} == {"backup.json", "captures", "manifests", "private"}


@pytest.mark.parametrize("harm", ["flip", "cut", "remove", "manifest"])
def test_a_backup_with_one_wrong_byte_is_not_restored(house, tmp_path, harm):
    settings, made, folder = house
    bad = tmp_path / "bad"
    shutil.copytree(folder, bad)
    victim = bad / made.files[0].path
    match harm:
        case "flip":
            content = bytearray(victim.read_bytes())
            content[len(content) // 2] ^= 1
            victim.write_bytes(content)
        case "cut":
            victim.write_bytes(victim.read_bytes()[:-1])
        case "remove":
            victim.unlink()
        case "manifest":
            (bad / "backup.json").write_text(json.dumps({"files": []}), encoding="utf-8")
    elsewhere = settings.model_copy(update={"data_dir": tmp_path / "new"})
    with pytest.raises(BackupError):
        restore(elsewhere, bad, force=True, say=silent)
    assert not (tmp_path / "new").exists()


def test_what_somebody_has_is_replaced_by_force_only(house, tmp_path):
    settings, _, folder = house
    with World(seed=73, hosts=1, articles_per_host=1) as world:
        other = world.settings(tmp_path / "data")
        run_stream(other)
    mine = look(other.published).articles
    with pytest.raises(SettingError, match="holds something already .*; --force replaces it"):
        restore(other, folder, force=False, say=silent)
    assert look(other.published).articles == mine
    restore(other, folder, force=True, say=silent)
    assert look(other.published).articles == look(settings.published).articles
    kept = [[path.name for path in (house.data_dir / "manifests").iterdir()] for house in (other, settings)]
    assert kept[0] == kept[1] != []
    assert {path.name for path in other.data_dir.iterdir()} == {"captures", "logs", "manifests", "private", "trilateral.duckdb"}


def test_a_folder_that_holds_something_is_no_place_for_a_backup(house, tmp_path):
    settings, _, folder = house
    with pytest.raises(SettingError, match="holds something already; name a new or an empty folder"):
        back_up(settings, folder, say=silent)
    with pytest.raises(SettingError, match="holds no warehouse"):
        back_up(settings.model_copy(update={"data_dir": tmp_path}), tmp_path / "backup", say=silent)


def test_the_host_book_is_copied_with_its_pauses(house, tmp_path):
    settings, _, folder = house
    robots = HostBook(folder / "private" / "hosts.sqlite")
    shutil.copytree(folder / "private", tmp_path / "private")
    copy = HostBook(tmp_path / "private" / "hosts.sqlite")
    from extractors.fetch.clock import SYSTEM_CLOCK

    assert copy.find_robots("http://host00.example", SYSTEM_CLOCK.now()) == HostBook(settings.private_dir / "hosts.sqlite").find_robots(
        "http://host00.example", SYSTEM_CLOCK.now()
    )
    robots.close()
    copy.close()
