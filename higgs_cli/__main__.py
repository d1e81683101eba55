"""The process: signals are heard before anything else is loaded, then `higgs` is what was typed.

`python -m higgs_cli` and the `higgs` command are the same.
"""

from __future__ import annotations

import gc
import os
import sys

from higgs_cli.stopping import listening

NEW_OBJECTS_TO_SEARCH = 500_000
"""Somewhat more than torch and numba make as they are loaded, which stays: to look through it for
cyclic garbage after every 700 new objects, as Python does, takes a fifth of a short render."""


def run() -> None:
    """The console entry point."""
    gc.set_threshold(NEW_OBJECTS_TO_SEARCH, 2, 2)
    _occupy_standard_handles()
    with listening(_last_words):
        from higgs_cli.app import main
        from higgs_cli.terminal.streams import checked_for_loss, lasting_streams

        results = lasting_streams()
        code = checked_for_loss(results, main(sys.argv[1:]))
    gc.freeze()  # the process ends with all it holds: nothing is to be searched once more
    sys.exit(code)


def _occupy_standard_handles() -> None:
    """What was closed leads nowhere: else a file of ours gets its number, and what is said."""
    for handle in (0, 1, 2):
        try:
            os.fstat(handle)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def _last_words() -> tuple[str, str | None]:
    from higgs_cli.terminal.resume_command import last_words

    return last_words(sys.argv[1:])


if __name__ == "__main__":
    run()
