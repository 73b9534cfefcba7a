"""Classifications land once per wording and codebook, whole: the row that says so, evidence, actors and dyads.

Refuses to change a finding: the same wording under the same codebook says the same for ever. Refuses findings in a
wording that is not held, such as one of an old capture that is no news.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from extractors.records import Classification
from warehouse.ledger import Ledger
from warehouse.rows import actor_rows, classification_row, dyad_rows, evidence_rows
from warehouse.sql import ask


def land_classifications(ledger: Ledger, found: Mapping[tuple[str, str], Classification], *, now: datetime) -> int:
    """Land what is found, by content hash and codebook version; how many of these pairs are new."""
    if not found:
        return 0
    content_hashes = {content_hash for content_hash, _ in found}
    known = {
        (row["content_hash"], row["codebook_version"]) for row in ask(ledger.con, "classifications.known", content_hashes=content_hashes)
    }
    held = {row["content_hash"] for row in ask(ledger.con, "articles.held", content_hashes=content_hashes)}
    new = [(pair[0], found[pair]) for pair in sorted(found) if pair[0] in held and pair not in known]
    ledger.append("classifications.add_evidence", [row for item in new for row in evidence_rows(*item)])
    ledger.append("classifications.add_actors", [row for item in new for row in actor_rows(*item)])
    ledger.append("classifications.add_dyads", [row for item in new for row in dyad_rows(*item)])
    return ledger.append("classifications.add", [classification_row(*item) for item in new], now=now)
