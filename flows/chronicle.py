"""What Prefect is told beyond what its engine tells by itself: progress, runs that died without a word, runs that came too late.

Nothing here decides what is ingested, and nothing here may stop a run: what Prefect refuses is logged and left.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import ArtifactCreate, ArtifactUpdate
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterId,
    FlowRunFilterNextScheduledStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import PrefectException
from prefect.states import Cancelled, Crashed, Scheduled

from extractors.records import RunRecord
from flows.pipeline import Counts
from flows.run import FLOW_RUN

_log = logging.getLogger("prefect.flow_runs.chronicle")

SERVER_AWAY = (httpx.HTTPError, PrefectException)  # what it looks like when a server does not answer

_LONG_SECONDS = 10.0  # a run that takes longer shows its progress, and so often
_UNDER_WAY = [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]
_STARTING = timedelta(seconds=60)  # a run that is being started has no marker yet


@contextlib.contextmanager
def shown_progress(flow_run_id: UUID | None, on_progress: Callable[[Counts], None]) -> Iterator[Callable[[Counts], None]]:
    """Yield what a stream tells its progress; it goes on to `on_progress` and, every ten seconds, to a Prefect progress artifact."""
    if flow_run_id is None:
        yield on_progress
        return
    latest: list[Counts] = []
    is_over = threading.Event()

    def note(counts: Counts) -> None:
        latest[:] = [counts]
        on_progress(counts)

    teller = threading.Thread(target=_keep_telling, args=(flow_run_id, latest, is_over), name="progress", daemon=True)
    teller.start()
    try:
        yield note
    finally:
        is_over.set()
        teller.join(timeout=_LONG_SECONDS)


def _keep_telling(flow_run_id: UUID, latest: list[Counts], is_over: threading.Event) -> None:
    """Make the artifact after ten seconds, keep it up to date, and complete it at the end."""
    artifact_id: UUID | None = None
    while not is_over.wait(_LONG_SECONDS) or artifact_id is not None:
        with contextlib.suppress(*SERVER_AWAY), get_client(sync_client=True) as client:
            share = 100.0 if is_over.is_set() else share_done(latest[0]) if latest else 0.0
            words = in_words(latest[0]) if latest else ""
            if artifact_id is None:
                made = ArtifactCreate(key="ingest-progress", type="progress", data=share, description=words, flow_run_id=flow_run_id)
                artifact_id = client.create_artifact(made).id
            else:
                client.update_artifact(artifact_id, ArtifactUpdate(data=share, description=words))
        if is_over.is_set():
            return


def share_done(counts: Counts) -> float:
    """Per cent of what is known to be new that has come to an end; what old entries still wait for is not known here."""
    done = counts.articles_new + counts.rejected + counts.pages_put_off
    return round(min(100.0, 100.0 * done / max(counts.entries_new, done, 1)), 1)


def in_words(counts: Counts) -> str:
    """How far a run is, for people."""
    return f"{counts.feeds} feeds, {counts.pages} pages, {counts.articles_new} new articles, {counts.rejected} rejected"


def collapse_late_runs(deployment_id: UUID, *, keep_one: bool) -> int:
    """Cancel the runs of a deployment that should have started by now, but for the newest where one is kept; how many.

    After an outage Prefect would start every one of them (prefect#15886); the first does the work of all.
    """
    cancelled = 0
    with forgiving("late runs"), get_client(sync_client=True) as client:
        late = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                deployment_id=FlowRunFilterDeploymentId(any_=[deployment_id]),
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
                next_scheduled_start_time=FlowRunFilterNextScheduledStartTime(before_=datetime.now(UTC)),
            ),
            sort=FlowRunSort.EXPECTED_START_TIME_DESC,
        )
        for run in late[1:] if keep_one else late:
            client.set_flow_run_state(run.id, Cancelled(message="late: another run does its work"), force=True)
            cancelled += 1
    return cancelled


def run_now(deployment_id: UUID) -> None:
    """Have a deployment run as soon as somebody serves it."""
    with forgiving("first run"), get_client(sync_client=True) as client:
        client.create_flow_run_from_deployment(deployment_id, state=Scheduled(message="started with what serves it"))


def twin(flow_run_id: object) -> tuple[tuple[str, str], ...]:
    """Remarks by which a run of ours names its twin in Prefect's history."""
    return (("orchestration", "prefect"), (FLOW_RUN, str(flow_run_id)))


def close_twins(lost: tuple[RunRecord, ...]) -> None:
    """Have Prefect know that these runs crashed, those that it still takes to be under way."""
    ids = [UUID(value) for run in lost for name, value in run.versions if name == FLOW_RUN]
    if not ids:
        return
    with forgiving("dead runs"), get_client(sync_client=True) as client:
        under_way = FlowRunFilter(id=FlowRunFilterId(any_=ids), state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_UNDER_WAY)))
        for run in client.read_flow_runs(flow_run_filter=under_way):
            _close(client, run)


def close_dead_runs_tagged(tag: str, *, living: Collection[str]) -> int:
    """The same for all runs of a tag that are under way for more than a minute and not among the living; how many."""
    closed = 0
    with forgiving("dead runs"), get_client(sync_client=True) as client:
        under_way = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                tags=FlowRunFilterTags(all_=[tag]), state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_UNDER_WAY))
            )
        )
        for run in under_way:
            since = run.state.timestamp if run.state else None
            if str(run.id) not in living and since is not None and since < datetime.now(UTC) - _STARTING:
                _close(client, run)
                closed += 1
    return closed


def _close(client: SyncPrefectClient, run: FlowRun) -> None:
    client.set_flow_run_state(run.id, Crashed(message="its process died without a word; found by a later run"), force=True)


@contextlib.contextmanager
def forgiving(what: str) -> Iterator[None]:
    """A server that does not answer costs its own history only."""
    try:
        yield
    except SERVER_AWAY as error:
        _log.warning("%s: Prefect was not told: %s", what, error)
