"""What a run ran with and came to, as one JSON file beside the data: versions, settings, hashes of what it read, counts.

Refuses to hold secrets: of a proxy's address the user and password are left out.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from extractors.reading import EXTRACTOR
from extractors.records import RunRecord
from flows.settings import Settings, read_sources_text

FOLDER = "manifests"


def write_manifest(settings: Settings, run: RunRecord, *, inputs: Mapping[str, str]) -> Path:
    """Write `{data_dir}/manifests/{started}-{flow}-{run_id}.json` whole or not at all; its path."""
    folder = settings.data_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{run.started_at:%Y%m%dT%H%M%SZ}-{run.flow}-{run.run_id}.json"
    new = path.with_name(path.name + ".new")
    with new.open("w", encoding="utf-8") as file:
        json.dump(_manifest(settings, run, inputs=inputs), file, ensure_ascii=False, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    return path


def _manifest(settings: Settings, run: RunRecord, *, inputs: Mapping[str, str]) -> dict[str, Any]:
    text, name = read_sources_text(settings)
    return {
        "run_id": run.run_id,
        "flow": run.flow,
        "started_at": run.started_at.isoformat(),
        "ended_at": run.ended_at.isoformat() if run.ended_at else None,
        "status": run.status,
        "versions": {**dict(run.versions), "extractor": EXTRACTOR},
        "settings": _without_secrets(settings.model_dump(mode="json")),
        "inputs": {name: hashlib.sha256(text.encode()).hexdigest(), **inputs},  # SHA-256
        "counts": dict(run.counts),
    }


def _without_secrets(values: dict[str, Any]) -> dict[str, Any]:
    proxy = values.get("proxy")
    if not proxy:
        return values
    parts = urlsplit(proxy)
    return values | {"proxy": parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()}
