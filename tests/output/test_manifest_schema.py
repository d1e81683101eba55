"""A manifest has the form that its schema says, and the schema leaves nothing open."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import FakeSynthesizer
from tests.helpers import CommandLine

TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}


def problems(value: Any, schema: dict[str, Any], where: str = "$") -> list[str]:
    """What of a value its schema forbids; the parts of JSON Schema that ours uses."""
    allowed = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    fits = any(isinstance(value, TYPES[name]) for name in allowed)  # type: ignore[arg-type]
    if not fits or (isinstance(value, bool) and "boolean" not in allowed):
        return [f"{where}: {value!r} is no {allowed}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where}: {value!r}"]
    found: list[str] = []
    if isinstance(value, dict):
        known = schema.get("properties", {})
        rest = schema.get("additionalProperties", True)
        found += [f"{where}: no {name}" for name in schema.get("required", ()) if name not in value]
        for name, each in value.items():
            if name in known:
                found += problems(each, known[name], f"{where}.{name}")
            elif isinstance(rest, dict):
                found += problems(each, rest, f"{where}.{name}")
            elif not rest:
                found.append(f"{where}: {name} is not in the schema")
    if isinstance(value, list) and "items" in schema:
        for index, each in enumerate(value):
            found += problems(each, schema["items"], f"{where}[{index}]")
    return found


@pytest.mark.parametrize("options", [(), ("--strict",), ("--ensemble",)])
def test_a_manifest_fits_its_schema(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    higgs.write("talk.txt", "[SPEAKER0] One thing is said here.\n[SPEAKER1] Another is lost.\n")
    higgs.synthesizer = FakeSynthesizer(
        mishap=lambda chunk, attempt: "raise" if "lost" in chunk.text else None
    )
    assert higgs("render", "talk.txt", *options).exit_code == 1
    manifest = json.loads((tmp_path / "talk.json").read_text())
    schema = json.loads((files("higgs_cli.output.manifest") / "manifest.schema.json").read_text())
    assert problems(manifest, schema) == []
    assert problems({**manifest, "extra": 1}, schema) == ["$: extra is not in the schema"]
