"""`s3://…` on a command line: what it names is here while the command runs, and there afterwards.

    higgs render s3://books/emma.epub -o s3://audio/emma.m4b

Each address is replaced by the path of its stand-in (see `files/stand_ins.py`). What lies there is
fetched first; what the command writes is sent as it is finished, and when the command ends, however
it ends. A process that was killed leaves it to the next command that names the same address.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from higgs_cli.errors import HiggsError
from higgs_cli.files.object_address import SCHEME, ObjectAddress, object_address
from higgs_cli.terminal.console import call_paths

OPTION = re.compile(r"(?P<option>--?[\w-]+=)?(?P<address>s3://.*)", re.DOTALL)
SECONDS_BETWEEN = 20.0
LISTS = frozenset({".yaml", ".yml", ".json"})
"""What names other files beside it: a voice library, a list of books, a manifest."""


@contextmanager
def carried(arguments: Sequence[str]) -> Iterator[list[str]]:
    """The same arguments with paths in the place of addresses."""
    if not any(SCHEME in argument for argument in arguments):
        yield list(arguments)
        return
    from higgs_cli.files.stand_ins import named_by_address, stand_in

    call_paths(named_by_address)
    named: list[_Named] = []
    replaced = []
    for argument in arguments:
        found = OPTION.fullmatch(argument)
        if found is None:
            replaced.append(argument)
            continue
        address = object_address(found["address"])
        named.append(_Named(address))
        replaced.append((found["option"] or "") + str(stand_in(address)))
    for each in named:
        each.fetch()
    with _sending(named):
        yield replaced


@contextmanager
def _sending(named: Sequence[_Named]) -> Iterator[None]:
    """Files have their final names only when they are whole, so they may be sent at any time."""
    ended = threading.Event()

    def send_now_and_then() -> None:
        while not ended.wait(SECONDS_BETWEEN):
            with suppress(HiggsError):  # told at the end, if it still stands in the way
                for each in named:
                    each.send()

    sending = threading.Thread(target=send_now_and_then, name="sender", daemon=True)
    sending.start()
    try:
        yield
    finally:
        ended.set()
        sending.join()
        for each in named:
            each.send()


class _Named:
    """One address of a command line: an object, a folder of objects, or what is to be written."""

    def __init__(self, address: ObjectAddress) -> None:
        from higgs_cli.files.mirror import Mirror

        self._address = address
        self._within = Mirror(address)
        self._beside = Mirror(address.parent) if address.prefix else None

    def fetch(self) -> None:
        """What lies under this name, and what belongs to it: beside a list all that it may name,
        beside all else what has the same name with another ending, and what describes a book."""
        self._within.folder.parent.mkdir(parents=True, exist_ok=True)
        if self._beside is None:
            self._within.fetch(lambda name: True)
            return
        is_list = self._suffix in LISTS
        if is_list:
            self._beside.fetch(lambda name: True)
        else:
            self._beside.fetch(self._belongs)
            self._within.fetch(lambda name: True)

    def send(self) -> None:
        if self._within.folder.is_dir():
            self._within.send(lambda name: True)
        elif self._beside is not None:
            self._beside.send(lambda name: True)

    @property
    def _suffix(self) -> str:
        return "." + self._address.name.rpartition(".")[2] if "." in self._address.name else ""

    def _belongs(self, name: str) -> bool:
        stem = self._address.name.removesuffix(self._suffix)
        is_beside = "/" not in name
        return is_beside and (name.startswith(stem) or name in ("book.yaml", "higgs.toml"))
