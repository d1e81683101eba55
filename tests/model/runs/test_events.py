"""The words of the door cost nothing to know."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"torch", "numpy", "transformers", "tokenizer", "numba"}


@pytest.mark.parametrize(
    "module", ["model.runs.events", "model.runs.sampling_settings", "higgs_cli.speech.protocol"]
)
def test_the_contract_of_runs_and_events_is_known_without_torch(module: str) -> None:
    """In an interpreter of its own, with all that it imports."""
    code = f"import sys, {module}; print(' '.join({{m.split('.')[0] for m in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())


def test_both_sides_of_the_door_speak_of_the_same_classes() -> None:
    from higgs_cli.speech import protocol
    from model.runs import events, sampling_settings

    defined = {name for name, one in vars(events).items() if _is_from(one, events.__name__)}
    assert {"BurstSpoken", "SpokenChunk", "Ending", "Accept"} < defined < set(protocol.__all__)
    assert all(getattr(protocol, name) is getattr(events, name) for name in defined)
    assert protocol.Sampling is sampling_settings.Sampling


def _is_from(one: object, module: str) -> bool:
    return getattr(one, "__module__", None) == module and isinstance(one, type)


def test_no_other_class_bears_the_name_of_an_event_an_answer_or_a_request() -> None:
    root = Path(__file__).parents[3]
    places: dict[str, list[str]] = {}
    for package in ("model", "tokenizer", "higgs_cli"):
        for path in (root / package).rglob("*.py"):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef):
                    places.setdefault(node.name, []).append(str(path.relative_to(root)))
    contract = {f"model/runs/{name}.py" for name in ("events", "run", "sampling_settings")}
    contract.add("higgs_cli/speech/protocol.py")
    twice = {name: found for name, found in places.items() if len(found) > 1}
    assert not {name for name, found in twice.items() if contract & set(found)}
