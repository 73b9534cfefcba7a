"""What an attacker would lay out for a fetcher: listeners on loopback addresses that nobody allowed, and names that lead to them.

The listeners log whoever connects; what a client process itself connects to is written down by `watch_connections`.
Refuses to answer: a connection is a failure already.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, Self

ADDRESSES = ("127.0.0.2", "::1")
NAMES: Mapping[str, tuple[tuple[str, ...], ...]] = {  # name -> what its server says the first, the second, the third time …
    "trap.test": (("127.0.0.2",),),
    "six.test": (("::1",),),
    "mapped.test": (("::ffff:127.0.0.2",),),
    "both.test": (("::1", "127.0.0.2"),),
    "rebind.test": (("127.0.0.1",), ("127.0.0.2",)),
}
_HOSTS = ("127.0.0.2", "[::1]", "[::ffff:127.0.0.2]", "2130706434", "0.0.0.0", *NAMES)  # noqa: S104 - asked for, not bound


@dataclass(slots=True)
class Traps:
    """`with Traps(port=world.port) as traps: …; assert traps.caught() == ()`: on the world's port, at other addresses."""

    port: int
    _caught: list[str] = field(init=False, default_factory=list)
    _listeners: list[socket.socket] = field(init=False, default_factory=list)
    _threads: list[threading.Thread] = field(init=False, default_factory=list)

    def urls(self, path: str) -> tuple[str, ...]:
        """Addresses that lead into a trap, each in another guise."""
        return tuple(f"http://{host}:{self.port}{path}" for host in _HOSTS)

    def caught(self) -> tuple[str, ...]:
        """The trap's address for each connection that was made to one."""
        return tuple(self._caught)

    def __enter__(self) -> Self:
        for address in ADDRESSES:
            listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, self.port))
            listener.listen()
            self._listeners.append(listener)
            self._threads.append(threading.Thread(target=self._catch, args=(listener, address), name=f"trap {address}"))
            self._threads[-1].start()
        return self

    def __exit__(self, *_: object) -> None:
        for listener in self._listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for thread in self._threads:
            thread.join()

    def _catch(self, listener: socket.socket, address: str) -> None:
        with contextlib.suppress(OSError):  # closed: the end
            while True:
                connection, _ = listener.accept()
                self._caught.append(address)
                connection.close()


def outside(connections: Iterable[str], *, allowed: str) -> tuple[str, ...]:
    """Those of a client's connections that lead out of a network."""
    return tuple(address for address in connections if ip_address(address) not in ip_network(allowed))


def connections_in(path: Path) -> tuple[str, ...]:
    """The addresses that a client process connected to, as `watch_connections` wrote them down."""
    return tuple(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


def watch_connections(write_down: Callable[[str], None]) -> None:
    """From now on write down every internet address that this process asks the kernel to connect to."""

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect" and arguments[0].family in {socket.AF_INET, socket.AF_INET6}:
            write_down(json.dumps(arguments[1][0]))

    sys.addaudithook(watch)


def answer_names() -> None:
    """Be this process's name server: `NAMES` are answered, no other is known."""
    answers: dict[str, Iterator[tuple[str, ...]]] = {name: itertools.cycle(turns) for name, turns in NAMES.items()}

    def getaddrinfo(host: str, port: int, *_: object, **__: object) -> list[tuple[Any, ...]]:
        if host not in answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        families = {4: socket.AF_INET, 6: socket.AF_INET6}
        found = [ip_address(address) for address in next(answers[host])]
        return [(families[address.version], socket.SOCK_STREAM, 6, "", (str(address), port)) for address in found]

    socket.getaddrinfo = getaddrinfo  # type: ignore[assignment]
