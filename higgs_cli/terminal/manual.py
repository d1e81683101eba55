"""The manual page, generated from the help of every verb, so that it never says anything else.

To be read with `man higgs`: `higgs --manual > ~/.local/share/man/man1/higgs.1`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from higgs_cli import __version__

NAME = "render audiobooks and dialogues with the Higgs Audio V2 speech model"
EXIT_CODES = (
    ("0", "all good"),
    ("1", "something failed: a chunk after all its retries, the disk, the device"),
    ("2", "a mistake in the command, the script, a voice, a model folder or the settings"),
    ("75", "another process is rendering this output"),
    ("124", "stopped by --until"),
    ("130, 143, 129", "stopped by Ctrl-C, by the system, by a terminal that closed"),
)


def manual_page(root: Any) -> str:
    """The whole page of a command and its verbs, in the language of man."""
    return "\n".join(_page(root))


def _page(root: Any) -> Iterator[str]:
    yield f'.TH HIGGS 1 "" "higgs {__version__}" "User Commands"'
    yield f".SH NAME\nhiggs \\- {escaped(NAME)}"
    yield ".SH SYNOPSIS\n.B higgs\nVERB [\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]"
    yield f".SH DESCRIPTION\n{escaped(root.help or '')}"
    yield from _options(root, root.make_context("higgs", [], resilient_parsing=True))
    yield ".SH VERBS"
    for name, command in root.commands.items():
        yield from _verb(f"higgs {name}", command)
    yield ".SH EXIT STATUS"
    for code, meaning in EXIT_CODES:
        yield f".TP\n.B {escaped(code)}\n{escaped(meaning)}"


def _verb(name: str, command: Any) -> Iterator[str]:
    """A verb with its options; of a group each verb in it."""
    context = command.make_context(name, [], resilient_parsing=True)
    usage = " ".join(command.collect_usage_pieces(context))
    yield f".SS {escaped(name)} {escaped(usage)}\n{escaped(_flowing(command.help))}"
    yield from _options(command, context)
    if command.epilog:
        yield f".PP\n{escaped(_flowing(command.epilog))}"
    for inner, each in getattr(command, "commands", {}).items():
        yield from _verb(f"{name} {inner}", each)


def _options(command: Any, context: Any) -> Iterator[str]:
    for parameter in command.get_params(context):
        if (record := parameter.get_help_record(context)) is not None:
            yield f".TP\n.B {escaped(record[0])}\n{escaped(_flowing(record[1]))}"


def _flowing(text: str | None) -> str:
    return " ".join((text or "").split())


def escaped(text: str) -> str:
    """As text, whatever it looks like."""
    found = text.replace("\\", "\\e").replace("-", "\\-").replace("\n\n", "\n.PP\n")
    return f"\\&{found}" if found.startswith((".", "'")) else found
