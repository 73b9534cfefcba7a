"""A backfill in a process of its own, for tests to kill: `python -m history_driver SETTINGS.json ORDER.json`. Not a test."""

import json
import sys
from pathlib import Path

from flows.history import Order, run_backfill
from flows.settings import Settings

if __name__ == "__main__":
    settings, order = (json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:3])
    sys.exit(run_backfill(Settings.model_validate(settings), Order(**order)).exit_code)
