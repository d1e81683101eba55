"""README, CONTRIBUTING and `docs/` as tests read them: blocks, commands, files that are shown."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
COMMAND_BLOCKS = ("", "sh", "console", "indented")
INDENT = "    "


@dataclass(frozen=True)
class Block:
    """Fenced or indented lines; `info` is what stands behind the fence: a language, a file name."""

    page: str
    line: int
    info: str
    text: str

    @property
    def language(self) -> str:
        return self.info.partition(" ")[0]

    @property
    def file_name(self) -> str | None:
        """A block that names a file is that file."""
        return self.info.partition(" ")[2].strip() or None


@dataclass(frozen=True)
class Command:
    """One command, without the remark behind it."""

    page: str
    line: int
    words: tuple[str, ...]
    exit_code: int

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: {shlex.join(self.words)}"

    @property
    def higgs_words(self) -> tuple[str, ...] | None:
        """The arguments of `higgs`, however it is started; None for any other program."""
        if self.words[0] == "higgs":
            return self.words[1:]
        if "higgs_cli" in self.words and "-m" in self.words:
            return self.words[self.words.index("higgs_cli") + 1 :]
        return None


def blocks(page: Path) -> Iterator[Block]:
    """All blocks of a page, in order; each indented line is a block of its own."""
    name, info, first, held = str(page.relative_to(ROOT)), None, 0, list[str]()
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("```"):
            if info is not None:
                yield Block(name, first, info, "\n".join(held) + "\n")
            info, first, held = (line[3:].strip() if info is None else None), number, []
        elif info is not None:
            held.append(line)
        elif line.startswith(INDENT):
            yield Block(name, number, "indented", line.strip() + "\n")


def commands(page: Path) -> Iterator[Command]:
    """Every line of a block of commands is one or several."""
    for block in blocks(page):
        if block.info not in COMMAND_BLOCKS:
            continue
        for offset, written in enumerate(block.text.splitlines()):
            line, _, remark = re.sub(r"^\$ ", "", written.strip()).partition(" #")
            code = re.search(r"exit code (\d+)", remark)
            for part in line.split(" && "):
                if part.strip():
                    words = tuple(shlex.split(part))
                    number = block.line + offset + (block.info != "indented")
                    yield Command(block.page, number, words, int(code[1]) if code else 0)


def shown_files(page: Path) -> dict[str, Block]:
    """The files that a page shows, by name."""
    return {block.file_name: block for block in blocks(page) if block.file_name}
