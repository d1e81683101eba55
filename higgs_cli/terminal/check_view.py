"""What a check of delivered files came to: a table, or JSON."""

from __future__ import annotations

from higgs_cli.terminal.console import Console
from higgs_cli.tools.delivery_check import CheckedFiles
from higgs_cli.tools.delivery_rules import CheckedItem

HEADINGS = ("file", "item", "measured", "asked", "")
FAILED_CODE = 1


def show_checked(found: CheckedFiles, delivery: str, out: Console) -> int:
    """Show it, and return the exit code: 0 all passes, 1 something does not."""
    if out.mode == "json":
        out.document(_document(found, delivery))
    else:
        rows = [(str(file.path), item) for file in found.files for item in file.items]
        rows += [("all", found.together)] if found.together else []
        is_shown = [row for row in rows if out.mode != "quiet" or not row[1].passes]
        if is_shown:
            out.table(HEADINGS, [_row(name, item) for name, item in is_shown])
        _say(found, delivery, out)
    return 0 if found.passes else FAILED_CODE


def _say(found: CheckedFiles, delivery: str, out: Console) -> None:
    bad = sum(not file.passes for file in found.files)
    count = len(found.files)
    files = "the file passes" if count == 1 else f"all {count} files pass"
    out.say(f"{delivery}: {files}" if found.passes else f"{delivery}: {bad} of {count} fail")
    if found.says:
        out.say(found.says)


def _row(name: str, item: CheckedItem) -> list[str]:
    verdict = ("pass" if item.wanted else "") if item.passes else "fail"
    return [name, item.name, item.measured, item.wanted, verdict]


def _document(found: CheckedFiles, delivery: str) -> dict[str, object]:
    return {
        "delivery": delivery,
        "passes": found.passes,
        "files": [
            {
                "path": str(file.path),
                "passes": file.passes,
                "items": [_item(item) for item in file.items],
            }
            for file in found.files
        ],
        "together": _item(found.together) if found.together else None,
        "note": found.says,
    }


def _item(item: CheckedItem) -> dict[str, object]:
    return {
        "name": item.name,
        "measured": item.measured,
        "asked": item.wanted or None,
        "passes": item.passes,
    }
