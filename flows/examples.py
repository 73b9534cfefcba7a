"""The example under each command's help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click


def example(text: str) -> Callable[[Any], Any]:
    """Put an example under a command's help."""

    def add(command: click.Command) -> click.Command:
        command.epilog = f"Example: {text}"
        return command

    return add
