"""What a run sees to when its stream has ended: old WARC files go, the operator hears of changes, the log gets its lines."""

from __future__ import annotations

from datetime import datetime

from extractors.errors import WarehouseError
from extractors.records import RunRecord
from flows.interruption import Say
from flows.notify import tell_changes
from flows.retention import expire_captures
from flows.settings import Settings
from flows.tally import HostTally
from warehouse.condition import Condition, conditions
from warehouse.store import Writer


def see_to(settings: Settings, writer: Writer, *, run: RunRecord, tally: HostTally, say: Say, now: datetime) -> None:
    """Do it all; none of it may cost the run that has just landed."""
    tally.log(run)
    if tally.is_disk_low:
        say(f"less than min_free_bytes ({settings.min_free_bytes.human_readable()}) free at {settings.data_dir}: nothing was fetched")
    try:
        expire_captures(settings, writer, now=now)
        if settings.alerts:
            tell_changes(settings, (_disk(settings, tally), *conditions(writer.con, now=now)))
    except (OSError, WarehouseError) as error:
        say(f"after the run: {error}")


def _disk(settings: Settings, tally: HostTally) -> Condition:
    least = settings.min_free_bytes.human_readable()
    if tally.is_disk_low:
        return Condition(key="disk", standing="unwell", words=f"less than {least} free at {settings.data_dir}: fetching has stopped")
    return Condition(key="disk", standing="well", words=f"more than {least} free again: fetching goes on")
