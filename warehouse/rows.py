"""Records as rows: which column of which table holds which field. Refuses to know when or where a row lands."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime

from extractors.records import (
    Article,
    CaptureRef,
    Classification,
    CodebookState,
    FeedState,
    PageRejection,
    PageState,
    Published,
    Reading,
    RunRecord,
    SeenEntry,
    SiteMemory,
    Source,
    UnitState,
    Visit,
    short_hash,
)
from warehouse.sql import Row


def visit_row(visit: Visit, *, problems: tuple[str, ...] = ()) -> Row:
    """`raw.visits`."""
    return {
        "visit_id": visit.visit_id,
        "kind": visit.kind,
        "url": visit.url,
        "final_url": visit.final_url,
        "source_id": visit.source_id,
        "feed_id": visit.feed_id,
        "url_key": visit.url_key,
        "status": visit.status,
        "outcome": visit.outcome,
        "detail": visit.detail,
        "body_bytes": visit.body_bytes,
        "duration_ms": visit.duration_ms,
        "visited_at": visit.at,
        "sent_etag": visit.sent_etag,
        "sent_last_modified": visit.sent_last_modified,
        "next_at": visit.next_at,
        "next_rule": visit.next_rule,
        "got_etag": visit.got_etag,
        "got_last_modified": visit.got_last_modified,
        "not_before_at": visit.not_before_at,
        "scope": visit.scope,
        "delay_seconds": visit.delay_seconds,
        "pause_scope": visit.pause_scope,
        "pause_ends_at": visit.pause_ends_at,
        "is_shared": visit.is_shared,
        "problems": problems,
    }


def feed_row(feed: FeedState, *, is_enabled: bool = True) -> Row:
    """`raw.feeds`."""
    return {
        "feed_id": feed.feed_id,
        "source_id": feed.source_id,
        "url": feed.url,
        "lang": feed.lang,
        "timezone": feed.timezone,
        "etag": feed.etag,
        "last_modified": feed.last_modified,
        "body_hash": feed.body_hash,
        "title": feed.title,
        "last_polled_at": feed.last_polled_at,
        "last_success_at": feed.last_success_at,
        "last_changed_at": feed.last_changed_at,
        "last_outcome": feed.last_outcome,
        "failures": feed.failures,
        "next_poll_at": feed.next_poll_at,
        "next_poll_rule": feed.next_poll_rule,
        "is_stopped": feed.stopped,
        "earliest_poll_at": feed.earliest_poll_at,
        "moved_url": feed.moved_url,
        "move_seen_url": feed.move_seen_url,
        "move_seen_at": feed.move_seen_at,
        "move_sightings": feed.move_sightings,
        "validated_url": feed.validated_url,
        "reader": feed.reader,
        "entries_hash": feed.entries_hash,
        "last_full_at": feed.last_full_at,
        "hidden_changes": feed.hidden_changes,
        "fresh_seconds": feed.fresh_seconds,
        "ttl_seconds": feed.ttl_seconds,
        "skip_hours": feed.skip_hours,
        "skip_days": feed.skip_days,
        "gap_seconds": feed.gap_seconds,
        "interval_seconds": feed.interval_seconds,
        "successor_url": feed.successor_url,
        "successor_sought_at": feed.successor_sought_at,
        "honest_since_at": feed.honest_since_at,
        "is_enabled": is_enabled,
    }


def entry_row(seen: SeenEntry, *, feed_id: str, first_seen_after: datetime | None, first_seen_at: datetime) -> Row:
    """`raw.entries`."""
    entry = seen.entry
    return {
        "feed_id": feed_id,
        "url_key": seen.url_key,
        "entry_hash": entry.entry_hash,
        "guid": entry.guid,
        "link": entry.link,
        "title": entry.title,
        "summary": entry.summary,
        "content": entry.content,
        "authors": entry.authors,
        "lang": entry.lang,
        **_published_columns(entry.published),
        "first_seen_after": first_seen_after,
        "first_seen_at": first_seen_at,
        "last_seen_at": first_seen_at,
    }


def _published_columns(published: Published) -> Row:
    return {
        "published_at": published.at,
        "published_on": published.on,
        "published_precision": published.precision,
        "published_zone": published.zone,
        "published_from": published.origin,
    }


def capture_row(capture: CaptureRef) -> Row:
    """`raw.captures`."""
    return {
        "capture_id": capture.capture_id,
        "url_key": capture.url_key,
        "url": capture.url,
        "final_url": capture.final_url,
        "file": capture.file,
        "file_offset": capture.offset,
        "file_length": capture.length,
        "fetched_at": capture.fetched_at,
        "status": capture.status,
        "content_type": capture.content_type,
        "body_bytes": capture.body_bytes,
        "body_hash": capture.body_hash,
        "etag": capture.etag,
        "last_modified": capture.last_modified,
    }


def page_row(page: PageState) -> Row:
    """`raw.pages`. Hints are kept only where no feed entry will tell them again."""
    return {
        "url_key": page.url_key,
        "url": page.url,
        "scope": page.scope,
        "source_id": page.hints.source_id,
        "stage": page.stage,
        "reason": page.reason,
        "attempts": page.attempts,
        "first_attempt_at": page.first_attempt_at,
        "due_at": page.due_at,
        "revisits": page.revisits,
        "first_seen_at": page.first_seen_at,
        "last_outcome": page.last_outcome,
        "etag": page.etag,
        "last_modified": page.last_modified,
        "capture_id": page.capture.capture_id if page.capture else None,
        "ingest_path": page.ingest_path,
        "priority": page.priority,
        "hints": None if page.ingest_path == "feed" else _json(asdict(page.hints)),
        "recipe": None if page.recipe is None else _json(asdict(page.recipe)),
        "unit_id": page.unit_id,
    }


def unit_row(unit: UnitState, *, now: datetime) -> Row:
    """`raw.units`."""
    return {"unit_id": unit.unit_id, **asdict(unit), "updated_at": now}


def source_row(source: Source) -> Row:
    """`core.sources`."""
    return {
        "source_id": source.id,
        "name": source.name,
        "home": source.home,
        "country": source.country,
        "lang": source.lang,
        "timezone": source.timezone,
        "owner": source.owner,
        "affiliation": source.affiliation,
        "family": source.family,
        "extract_keep": source.extract.keep,
        "extract_drop": source.extract.drop,
        "host_delay_seconds": source.host_delay_seconds,
        "is_enabled": source.enabled,
    }


def version_row(article: Article, reading: Reading, *, article_id: str, version: int, cause: str, diff_kind: str) -> Row:
    """`core.article_versions`."""
    return {
        "article_id": article_id,
        "version": version,
        "content_hash": article.content_hash,
        "title": article.title,
        "text": article.text,
        "authors": article.authors,
        "lang": article.lang,
        **_published_columns(article.published),
        "seen_at": reading.capture.fetched_at,
        "cause": cause,
        "extractor": article.extractor,
        "capture_id": reading.capture.capture_id,
        "diff_kind": diff_kind,
        "word_count": article.word_count,
        "access": article.access,
        "claimed_canonical": reading.claimed_canonical,
        "link_density": article.link_density,
        "boilerplate_share": article.boilerplate_share,
        "text_hash": short_hash(article.text),
    }


def reading_row(reading: Reading, article: Article, *, article_id: str) -> Row:
    """`core.readings`."""
    return {
        "capture_id": reading.capture.capture_id,
        "extractor": article.extractor,
        "article_id": article_id,
        "content_hash": article.content_hash,
        "fetched_at": reading.capture.fetched_at,
    }


def rejection_row(rejection: PageRejection, *, capture_id: str | None, next_try_at: datetime | None) -> Row:
    """`core.rejections`. What was captured is rejected once for a reason; what was not, once for a reason and an instant."""
    reason = rejection.rejection.reason
    return {
        "rejection_id": short_hash(rejection.url_key, reason, capture_id or rejection.at.isoformat()),
        "url_key": rejection.url_key,
        "url": rejection.url,
        "source_id": rejection.source_id,
        "reason": reason,
        "detail": rejection.rejection.detail,
        "rejected_at": rejection.at,
        "attempts": rejection.attempts,
        "next_try_at": next_try_at,
        "capture_id": capture_id,
    }


def classification_row(content_hash: str, classification: Classification) -> Row:
    """`core.classifications`."""
    return {
        "content_hash": content_hash,
        "codebook_version": classification.codebook_version,
        "is_relevant": classification.relevant,
    }


def evidence_rows(content_hash: str, classification: Classification) -> tuple[Row, ...]:
    """`core.evidence`: a passage, theme and cue once, with its best score."""
    best = sorted(classification.evidence, key=lambda item: item.score)
    return tuple(
        {
            (item.part, item.start, item.end, item.theme, item.cue): {
                "content_hash": content_hash,
                "codebook_version": classification.codebook_version,
                "part": item.part,
                "span_start": item.start,
                "span_end": item.end,
                "theme": item.theme,
                "cue": item.cue,
                "score": item.score,
            }
            for item in best
        }.values()
    )


def actor_rows(content_hash: str, classification: Classification) -> tuple[Row, ...]:
    """`core.article_actors`."""
    named = {item.actor: item.mentions for item in classification.actors}
    return tuple(
        {"content_hash": content_hash, "codebook_version": classification.codebook_version, "actor": actor, "mentions": mentions}
        for actor, mentions in named.items()
    )


def dyad_rows(content_hash: str, classification: Classification) -> tuple[Row, ...]:
    """`core.article_dyads`: a dyad and passage once."""
    return tuple(
        {
            (item.dyad, item.part, item.start, item.end): {
                "content_hash": content_hash,
                "codebook_version": classification.codebook_version,
                "dyad": item.dyad,
                "direction": item.direction,
                "part": item.part,
                "span_start": item.start,
                "span_end": item.end,
                "score": item.score,
            }
            for item in classification.dyads
        }.values()
    )


def run_row(run: RunRecord) -> Row:
    """`core.runs`."""
    return {
        "run_id": run.run_id,
        "flow": run.flow,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "status": run.status,
        "counts": _json(dict(run.counts)),
        "versions": _json(dict(run.versions)),
    }


def codebook_row(codebook: CodebookState, *, ordinal: int) -> Row:
    """`core.codebooks`."""
    return {
        "codebook_version": codebook.codebook_version,
        "ordinal": ordinal,
        "is_active": codebook.active,
        "is_complete": codebook.complete,
        "themes": codebook.themes,
    }


def label_count_rows(codebook: CodebookState) -> tuple[Row, ...]:
    """`core.label_counts`."""
    return tuple({"codebook_version": codebook.codebook_version, **asdict(count)} for count in codebook.quality)


def _json(value: object) -> str:
    """Days and instants as ISO 8601; letters as themselves, so that no escape hides a surrogate."""
    return json.dumps(value, ensure_ascii=False, default=_iso)


def _iso(value: date) -> str:
    return value.isoformat()


def memory_row(memory: SiteMemory, *, at: datetime) -> Row:
    """`raw.site_memory`; queue.py reads it back."""
    said = {
        "containers": [[known.path, known.pages] for known in memory.containers],
        "lines": [[line.key, line.inside, line.outside] for line in memory.lines],
        "recent": memory.recent,
        "agreements": memory.agreements,
        "disagreements": memory.disagreements,
        "disagreed_at": memory.disagreed_at.isoformat() if memory.disagreed_at else None,
    }
    text = json.dumps(said, separators=(",", ":"))
    return {"site": memory.site, "reader_version": memory.reader, "pages": memory.pages, "memory": text, "learned_at": at}
