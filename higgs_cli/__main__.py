"""The process: signals are heard before anything else is loaded, then `higgs` is what was typed.

`python -m higgs_cli` and the `higgs` command are the same.
"""

from __future__ import annotations

import sys

from higgs_cli.stopping import listening


def run() -> None:
    """The console entry point."""
    with listening(_last_words):
        from higgs_cli.app import main

        code = main(sys.argv[1:])
    sys.exit(code)


def _last_words() -> tuple[str, str | None]:
    from higgs_cli.terminal.resume_command import last_words

    return last_words(sys.argv[1:])


if __name__ == "__main__":
    run()
