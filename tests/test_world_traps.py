"""A world that tries to lead us astray: whatever feeds name and servers redirect to, nothing leaves the allowed networks."""

import time
from contextlib import ExitStack
from ipaddress import ip_network

import pytest
from world.driver import Stretched, drive
from world.picture import look, told
from world.server import World
from world.traps import NAMES, Traps, connections_in, outside
from world.truth import Fault, feed_url, host_of, page_url

pytestmark = pytest.mark.slow

HOSTS = 12
SECONDS = 1200.0  # of world time, which passes so much faster:
PACE = 120.0
ALLOWED = "127.0.0.1/32"


def lay_out(world, traps):
    """Links in feeds; redirects of pages, of a feed and of a robots.txt. The pages that are lost to them."""
    for number, url in enumerate(traps.urls("/inside.html")):
        world.truth.lure(number % 3, url)
    behind = traps.urls("/behind.html")
    turned = [page_url(3 + number % 4, number // 4) for number in range(len(behind))]
    for page, url in zip(turned, behind, strict=True):
        world.truth.spoil(page, Fault(kind="redirect", location=url))
    world.truth.spoil(feed_url(7), Fault(kind="redirect", location=traps.urls("/feed.xml")[0]))
    world.truth.spoil(f"http://{host_of(8)}/robots.txt", Fault(kind="redirect", location=traps.urls("/robots.txt")[-2]))
    return turned


def live(tmp_path, *, allow_networks):
    """Let two processes ingest a world full of traps; what they connected to outside, whom the traps caught, and what landed."""
    with World(seed=43, hosts=HOSTS, articles_per_host=4) as world, Traps(port=world.port) as traps, ExitStack() as stack:
        turned = lay_out(world, traps)
        settings = world.settings(
            tmp_path / "data",
            further_sources=f'[[source]]\nid = "inside"\nname = "Inside"\n[[source.feed]]\nurl = "{traps.urls("/feed.xml")[5]}"\n',
            allow_networks=tuple(map(ip_network, allow_networks)),
            allow_ports=None,  # only the check of addresses stands between
            poll_floor_seconds=300,
            host_delay_seconds=5.0,
            request_timeout_seconds=600,
            workers=1,
        )
        hours = Stretched(pace=PACE, epoch=time.time(), seconds=SECONDS)
        logs = [tmp_path / f"connections{number}" for number in range(2)]
        drivers = [stack.enter_context(drive(settings, f"run{number}", hours=hours, watch=log)) for number, log in enumerate(logs)]
        assert [(driver.end(), driver.output()) for driver in drivers if driver.end()] == []
        world.settle()
        connected = [address for log in logs for address in connections_in(log)]
        return world, look(settings.published), outside(connected, allowed=ALLOWED), traps.caught(), len(connected), turned


def test_no_request_leaves_the_allowed_networks_whatever_feeds_and_servers_say(tmp_path):
    world, picture, strayed, caught, connections, turned = live(tmp_path, allow_networks=(ALLOWED,))
    assert strayed == ()
    assert caught == ()
    assert connections >= world.received, "the client's side was counted"
    asked = {exchange.url for exchange in world.log()}
    assert {*turned, feed_url(7), f"http://{host_of(8)}/robots.txt"} <= asked, "the traps were walked up to"
    assert "rebind.test" in {exchange.host for exchange in world.log()}, "the name that changes its mind was good the first time"
    unread = {key: picture.outcomes[key] for key, stage in picture.stages.items() if stage != "read"}
    good_the_first_time = turned[-1].removeprefix("http://")  # it may be told 404 by the address that its name had then
    assert {outcome for key, outcome in unread.items() if key != good_the_first_time} == {"address_refused", "robots_refused"}
    assert {url.removeprefix("http://") for url in turned} <= unread.keys()
    assert {f"{host}:{world.port}/inside.html" for host in ("127.0.0.2", "[::1]", "[::ffff:7f00:2]", "0.0.0.0", *NAMES)} <= unread.keys()  # noqa: S104
    unlucky = {7, 8}  # whose feed or whose robots.txt cannot be had
    due = [article for article in world.truth.articles if article.url not in turned and article.outlet.number not in unlucky]
    assert picture.articles == told(due)
    assert picture.findings == ()


def test_without_the_check_of_addresses_both_sides_notice(tmp_path):
    _, _, strayed, caught, *_ = live(tmp_path, allow_networks=("0.0.0.0/0", "::/0"))
    assert {"127.0.0.2", "::1", "::ffff:7f00:2"} <= set(strayed)
    assert set(caught) == {"127.0.0.2", "::1"}
