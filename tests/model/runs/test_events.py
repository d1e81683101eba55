"""The words of the door cost nothing to know."""

from __future__ import annotations

import subprocess
import sys

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
