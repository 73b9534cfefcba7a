"""`python -m flows` is `trilateral`."""

from flows.cli import main

main()
