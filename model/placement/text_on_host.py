"""The text path's feed-forward in host memory: on the device for a layer's prefill, no longer.

Audio frames never pass it, yet it is 4 of the public model's 11 GB. On the device there are two
seats; while one layer is worked out in its seat, the next layer travels into the other one.

    host   [0] [1] [2] [3] …                 pinned on CUDA, so that copies overlap the work
             ╲   ╲
    seats    [0] [1] ─► [2] [1] ─► [2] [3]   layer n sits in seat n mod 2

A network laid out like this speaks; it is not for saving or training.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from model.network.backbone import HiggsModel
from model.network.dual_ffn import DecoderLayer

SEATS = 2


class TextFerry:
    """Brings the feed-forward weights of one layer after the other to the device."""

    def __init__(self, feed_forwards: Sequence[nn.Module], device: torch.device) -> None:
        self._device = device
        self._is_cuda = device.type == "cuda"
        self._hosted = [self._on_host(one) for one in feed_forwards]
        self._seats = [_emptied(feed_forwards[0], device) for _ in range(SEATS)]
        self._seated: list[int | None] = [None] * SEATS
        self._stream = torch.cuda.Stream(device) if self._is_cuda else None
        self._arrivals = [torch.cuda.Event() if self._is_cuda else None for _ in range(SEATS)]
        self.crossing_count = 0
        """How many layers have been brought over so far."""

    def seated(self, number: int) -> nn.Module:
        """Layer `number` on the device, good until the next but one is asked for."""
        seat = number % SEATS
        if self._seated[seat] != number:
            self._send(number)
        arrival = self._arrivals[seat]
        if arrival is not None:
            torch.cuda.current_stream(self._device).wait_event(arrival)
        following = number + 1
        if following < len(self._hosted) and self._seated[following % SEATS] != following:
            self._send(following)
        return self._seats[seat]

    def _send(self, number: int) -> None:
        seat = number % SEATS
        self._seated[seat] = number
        self.crossing_count += 1
        targets = _tensors(self._seats[seat])
        if self._stream is None:
            _copy(self._hosted[number], targets)
            return
        # Whoever sat there may still be at work.
        self._stream.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(self._stream):
            _copy(self._hosted[number], targets)
            arrival = self._arrivals[seat]
            assert arrival is not None
            arrival.record(self._stream)

    def _on_host(self, feed_forward: nn.Module) -> list[Tensor]:
        tensors = [one.cpu() for one in _tensors(feed_forward)]
        return [one.pin_memory() for one in tensors] if self._is_cuda else tensors


class FerriedFeedForward(nn.Module):
    """In a layer's place for its text feed-forward. Holds nothing of its own."""

    def __init__(self, ferry: TextFerry, number: int) -> None:
        super().__init__()
        self._ferry = ferry
        self._number = number

    def forward(self, hidden: Tensor) -> Tensor:
        return self._ferry.seated(self._number)(hidden)


def keep_text_on_host(network: HiggsModel, device: torch.device) -> TextFerry | None:
    """Bring a network that lies on the host to the device, but for its text feed-forward.

    None if no layer has one that audio can do without.
    """
    dual = [one for one in network.model.layers if isinstance(one, DecoderLayer) and one.is_dual]
    if not dual:
        network.to(device)
        return None
    ferry = TextFerry([layer.mlp for layer in dual], device)
    for number, layer in enumerate(dual):
        layer.mlp = FerriedFeedForward(ferry, number)  # type: ignore[assignment]
    network.to(device)
    return ferry


def _tensors(module: nn.Module) -> list[Tensor]:
    return [*(one.detach() for one in module.parameters()), *module.buffers()]


def _emptied(module: nn.Module, device: torch.device) -> nn.Module:
    """The same module with weights of its own on the device, not yet filled."""
    with torch.no_grad():
        return copy.deepcopy(module).to(device)


@torch.no_grad()
def _copy(sources: Sequence[Tensor], targets: Sequence[Tensor]) -> None:
    for source, target in zip(sources, targets, strict=True):
        target.copy_(source, non_blocking=True)
