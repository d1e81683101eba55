"""A panic of the `tokenizers` library becomes an error; what it prints of it is not shown.

The library is compiled, and writes about its panics to the descriptor of standard error itself,
past Python. While a file that may make it panic is opened, that descriptor leads aside; what came
there is passed on afterwards, unless it was a panic.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

STDERR = 2


def is_panic(error: BaseException | None) -> bool:
    """It is no `Exception`, and its class can be named only by its name."""
    return type(error).__name__ == "PanicException"


@contextmanager
def unprinted_panics() -> Iterator[None]:
    """Raises what is raised within; standard error says nothing of a panic."""
    try:
        kept = os.dup(STDERR)
    except OSError:  # closed: nothing can be printed
        yield
        return
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), STDERR)
        try:
            yield
        except BaseException as error:
            if is_panic(error) or is_panic(error.__cause__):
                aside.truncate(0)
            raise
        finally:
            os.dup2(kept, STDERR)
            os.close(kept)
            _pass_on(aside.fileno())


def _pass_on(aside: int) -> None:
    os.lseek(aside, 0, os.SEEK_SET)
    while said := os.read(aside, 1 << 16):
        os.write(STDERR, said)
