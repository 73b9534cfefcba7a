"""Whether a feed has moved for good: permanent redirects are followed at once and believed late.

Pure. The declared address stays the feed's identity; refuses to believe in 302, 303 or 307, or in a single sighting.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from extractors.records import FeedState, Response

_PERMANENT = frozenset({301, 308})
_SIGHTINGS = 3  # polls
_SPAN = timedelta(days=3)  # between the first and the last of them


def note_move(state: FeedState, response: Response, *, now: datetime) -> FeedState:
    """Count one more sighting of where a poll, which went well, was redirected to; believe it after three polls and three days."""
    if not response.hops or not all(hop.status in _PERMANENT for hop in response.hops):
        return replace(state, move_seen_url=None, move_seen_at=None, move_sightings=0)
    is_same = state.move_seen_url == response.final_url
    seen_at = state.move_seen_at if is_same and state.move_seen_at else now
    sightings = state.move_sightings + 1 if is_same else 1
    if sightings >= _SIGHTINGS and now - seen_at >= _SPAN:
        return replace(state, moved_url=response.final_url, move_seen_url=None, move_seen_at=None, move_sightings=0)
    return replace(state, move_seen_url=response.final_url, move_seen_at=seen_at, move_sightings=sightings)
