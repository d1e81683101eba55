"""The device that is there is chosen, with a reason; one that is not is refused by name."""

from __future__ import annotations

import pytest
import torch

from model.errors import ModelError
from model.hardware.device import choose_device, parse_dtype


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.fixture
def gpu_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a fast one")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)


@pytest.mark.usefixtures("bare_machine")
@pytest.mark.parametrize("wanted", [None, "auto", "cpu"])
def test_a_bare_machine_computes_in_float32_on_the_cpu(wanted: str | None) -> None:
    choice = choose_device(wanted)
    assert (choice.device.type, choice.dtype) == ("cpu", torch.float32)
    assert "float32" in choice.reason


@pytest.mark.usefixtures("gpu_machine")
def test_a_gpu_is_taken_with_the_format_of_the_weights() -> None:
    choice = choose_device()
    assert (choice.device.type, choice.dtype) == ("cuda", torch.bfloat16)
    assert "a fast one" in choice.reason


@pytest.mark.usefixtures("gpu_machine")
def test_what_is_asked_for_goes_before_what_is_best() -> None:
    choice = choose_device("cpu", "float16")
    assert (choice.device.type, choice.dtype) == ("cpu", torch.float16)


@pytest.mark.usefixtures("bare_machine")
@pytest.mark.parametrize(
    ("wanted", "reason"),
    [("cuda", "0 CUDA devices"), ("cuda:3", "CUDA"), ("mps", "Metal"), ("gpu", "try cpu or cuda")],
)
def test_a_device_that_is_not_here_is_refused(wanted: str, reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        choose_device(wanted)


def test_an_unknown_dtype_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ModelError, match="float32, bfloat16, float16"):
        parse_dtype("fp8")
