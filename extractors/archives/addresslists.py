"""A list of addresses, one a line: what is not one, `#` lines but for them, is named. Refuses nothing else."""

from __future__ import annotations

from pathlib import Path

from extractors.archives.history import Link, Listing, NextSlot, Window
from extractors.archives.sitemaps import span_in
from extractors.errors import SettingError
from extractors.records import Response
from extractors.urls import normalise_url

_MAX_LIST_BYTES = 200 * 2**20
_SHOWN = 3


class AddressLists:
    """`trilateral backfill urls FILE`."""

    def begin(self, target: str) -> tuple[NextSlot, ...]:
        """The file is the only document."""
        if not Path(target).is_file():
            raise SettingError(f"urls: no such file: '{target}'")
        if Path(target).stat().st_size > _MAX_LIST_BYTES:
            raise SettingError(f"urls: '{target}' is larger than {_MAX_LIST_BYTES // 2**20} MiB: take it in parts")
        return (NextSlot(address=target, is_settled=True, is_local=True),)

    def read(self, response: Response, *, window: Window) -> Listing:
        """Read the lines, in their order."""
        lines = [line.strip() for line in response.body.decode("utf-8-sig", "replace").splitlines()]
        stated = [line for line in lines if line and not line.startswith("#")]
        addresses = [address for line in stated if (address := normalise_url(line))]
        wrong = [line for line in stated if normalise_url(line) is None]
        kept = []
        for address in dict.fromkeys(addresses):
            span = span_in(address)
            if span is None or window.may_hold(*span):
                kept.append(Link(url=address))
        problem = f"{len(wrong)} lines are no address, such as {', '.join(map(repr, wrong[:_SHOWN]))}" if wrong else ""
        return Listing(links=tuple(kept), outside=len(set(addresses)) - len(kept), problem=problem)
