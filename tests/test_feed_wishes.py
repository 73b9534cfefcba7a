"""What a feed document asks of those who poll it."""

import pytest

from extractors.feeds.documents import parse_feed


def _parse(
    channel,
    *,
    root="rss version='2.0' xmlns:sy='http://purl.org/rss/1.0/modules/syndication/' xmlns:fh='http://purl.org/syndication/history/1.0'",
):
    text = f"<{root}><channel><title>T</title>{channel}<item><title>a</title><link>https://a.example/1</link></item></channel></rss>"
    return parse_feed(text.encode(), url="https://a.example/rss")


@pytest.mark.parametrize(
    ("channel", "seconds"),
    [
        ("", None),
        ("<ttl>90</ttl>", 5400),
        ("<ttl>soon</ttl>", None),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>", 1800),
        ("<sy:updatePeriod>daily</sy:updatePeriod>", 86_400),
        ("<sy:updatePeriod></sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", 21_600),
        ("<sy:updateFrequency>2</sy:updateFrequency>", 43_200),
        ("<sy:updatePeriod>dayly</sy:updatePeriod>", 86_400),
        ("<sy:updatePeriod>always</sy:updatePeriod>", 3600),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0.1</sy:updateFrequency>", 36_000),
        ("<sy:updatePeriod>often</sy:updatePeriod>", None),
        ("<ttl>10</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", 3600),
    ],
)
def test_the_longest_of_ttl_and_syndication_period_is_the_wait(channel, seconds):
    assert _parse(channel).ttl_seconds == seconds


@pytest.mark.parametrize(
    ("channel", "hours", "days"),
    [
        ("<skipHours><hour>0</hour><hour> 24 </hour><hour>7</hour></skipHours>", (0, 7), ()),
        ("<skipHours><hour>25</hour><hour>x</hour></skipHours>", (), ()),
        ("<skipHours>" + "".join(f"<hour>{n}</hour>" for n in range(24)) + "</skipHours>", (), ()),
        ("<skipDays><day>Saturday</day><day>sunday</day><day>Freitag</day></skipDays>", (), (5, 6)),
    ],
)
def test_hours_and_days_to_skip_are_read_and_nonsense_is_not(channel, hours, days):
    document = _parse(channel)
    assert (document.skip_hours, document.skip_days) == (hours, days)


def test_a_complete_feed_says_so():
    assert (_parse("<fh:complete/>").is_complete, _parse("").is_complete) == (True, False)
