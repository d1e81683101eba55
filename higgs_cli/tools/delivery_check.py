"""Files that were delivered, checked against what is asked where they go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from higgs_cli.tools.delivered_file import opened_delivered
from higgs_cli.tools.delivered_sound import measured_sound
from higgs_cli.tools.delivery_rules import CheckedItem, Rules, checked, checked_together


@dataclass(frozen=True)
class CheckedFile:
    """A file and all that was asked of it."""

    path: Path
    items: tuple[CheckedItem, ...]

    @property
    def passes(self) -> bool:
        return all(item.passes for item in self.items)


@dataclass(frozen=True)
class CheckedFiles:
    """All of them, and what is asked of them together."""

    files: tuple[CheckedFile, ...]
    together: CheckedItem | None
    says: str | None
    """What is to be known besides, where these files go."""

    @property
    def passes(self) -> bool:
        return all(file.passes for file in self.files) and (
            self.together is None or self.together.passes
        )


def check_files(paths: Sequence[Path], rules: Rules) -> CheckedFiles:
    """Each is decoded once, from what lies on the disk."""
    files, channels = [], []
    for path in paths:
        with opened_delivered(path) as file:
            sound = measured_sound(file.blocks, file.sample_rate, str(path))
            items = checked(rules, file.coding, file.sample_rate, sound)
        files.append(CheckedFile(path, items))
        channels.append((path.name, sound.channels))
    together = checked_together(channels) if rules.forms else None
    return CheckedFiles(tuple(files), together, rules.says)
