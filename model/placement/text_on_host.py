"""The text path's feed-forward in host memory: on the device for a layer's prefill, no longer.

Audio frames never pass it, yet it is 4 of the public model's 11 GB. On the device there are two
buffers; while one layer is computed in its buffer, the next one is copied into the other.

    host   [0] [1] [2] [3] …                 pinned on CUDA, so that copies overlap the work
             ╲   ╲
    buffers  [0] [1] ─► [2] [1] ─► [2] [3]   layer n is in buffer n mod 2

A network placed like this speaks; it is not for saving or training.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from model.network.backbone import HiggsModel
from model.network.dual_ffn import DecoderLayer

BUFFERS = 2


class TextOffload:
    """Copies the feed-forward weights of one layer after the other to the device."""

    def __init__(self, feed_forwards: Sequence[nn.Module], device: torch.device) -> None:
        self._device = device
        self._is_cuda = device.type == "cuda"
        self._hosted = [self._on_host(one) for one in feed_forwards]
        self._buffers = [_emptied(feed_forwards[0], device) for _ in range(BUFFERS)]
        self._held: list[int | None] = [None] * BUFFERS
        self._stream = torch.cuda.Stream(device) if self._is_cuda else None
        self._arrivals = [torch.cuda.Event() if self._is_cuda else None for _ in range(BUFFERS)]
        self.transfer_count = 0
        """How many layers have been copied so far."""

    def on_device(self, number: int) -> nn.Module:
        """Layer `number` on the device, good until the next but one is asked for."""
        buffer = number % BUFFERS
        if self._held[buffer] != number:
            self._send(number)
        arrival = self._arrivals[buffer]
        if arrival is not None:
            torch.cuda.current_stream(self._device).wait_event(arrival)
        following = number + 1
        if following < len(self._hosted) and self._held[following % BUFFERS] != following:
            self._send(following)
        return self._buffers[buffer]

    def _send(self, number: int) -> None:
        buffer = number % BUFFERS
        self._held[buffer] = number
        self.transfer_count += 1
        targets = _tensors(self._buffers[buffer])
        if self._stream is None:
            _copy(self._hosted[number], targets)
            return
        # The layer that was there may still be in use.
        self._stream.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(self._stream):
            _copy(self._hosted[number], targets)
            arrival = self._arrivals[buffer]
            assert arrival is not None
            arrival.record(self._stream)

    def _on_host(self, feed_forward: nn.Module) -> list[Tensor]:
        tensors = [one.cpu() for one in _tensors(feed_forward)]
        return [one.pin_memory() for one in tensors] if self._is_cuda else tensors


class OffloadedFeedForward(nn.Module):
    """In a layer's place for its text feed-forward. Holds nothing of its own."""

    def __init__(self, offload: TextOffload, number: int) -> None:
        super().__init__()
        self._offload = offload
        self._number = number

    def forward(self, hidden: Tensor) -> Tensor:
        return self._offload.on_device(self._number)(hidden)


def keep_text_on_host(network: HiggsModel, device: torch.device) -> TextOffload | None:
    """Bring a network that lies on the host to the device, but for its text feed-forward.

    None if no layer has one that audio can do without.
    """
    dual = [one for one in network.model.layers if isinstance(one, DecoderLayer) and one.is_dual]
    if not dual:
        network.to(device)
        return None
    offload = TextOffload([layer.mlp for layer in dual], device)
    for number, layer in enumerate(dual):
        layer.mlp = OffloadedFeedForward(offload, number)  # type: ignore[assignment]
    network.to(device)
    return offload


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
