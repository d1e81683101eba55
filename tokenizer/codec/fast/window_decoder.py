"""Many clips decoded through windows of one shape: what suits a GPU.

```
clip a   |----------------------------|        every window has as many frames, every batch as many
windows  |======####|                          windows: so a decode is recorded once, as a CUDA
              |####==####|                     graph, and replayed for whatever comes
                    |####======|
clip b   |-------|
window   |=======∙∙∙|                          ∙∙∙ behind the end: zeros, before every convolution
```

The decoder looks to both sides, so each window brings the frames around what is kept of it (####).
Behind the end of a short clip every layer must find the zeros it would have found there, so what it
looks at is masked. Windows of several clips share a batch, and no clip knows its neighbours.
"""

from __future__ import annotations

import copy
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from typing import cast

import torch
from torch import Tensor, nn

from tokenizer.codec.acoustic import AcousticDecoder, DecoderBlock, ResidualUnit
from tokenizer.codec.fast.snake_kernel import plain_masked_snake
from tokenizer.codec.network import CodecNetwork
from tokenizer.codec.windows import Window, decoder_context_frames, plan_windows

Group = Sequence[Window]
Decode = Callable[[Tensor, Tensor], Tensor]
"""Codes `[batch, codebooks, window]` and how many frames of each window there are `[batch]`, int64,
-> float32 samples `[batch, window * hop]` that nobody else writes to."""
MaskedSnake = Callable[[Tensor, Tensor, Tensor], Tensor]
"""The snake activation: see `plain_masked_snake`."""

_WARM_UPS = 2
_MOST_ON_THE_WAY = 4
"""Batches begun before the first of them must have arrived."""
_LOW_PRIORITY = 0
"""The lowest there is; whoever must not wait takes a stream of -1."""


@dataclass(frozen=True)
class WindowSettings:
    """How windows are decoded."""

    dtype: torch.dtype = torch.float32
    """Of the convolutions; quantizer and activations are worked out in float32."""
    fuses: bool = False
    """Activations by a kernel, where triton is installed."""
    captures: bool = False
    """Record each batch size as a CUDA graph."""
    window_frames: int = 128
    batch_size: int = 4
    """Always: another shape would round differently, so the bits of a clip would depend on its
    company. Four windows hold a take of common length; more would take more memory."""


def settings_for(
    device: torch.device, wanted: str = "auto", plain: bool = False
) -> WindowSettings | None:
    """Kernels and recordings on CUDA, by default in float16: its steps are eight times as fine as
    those of bfloat16. None elsewhere: a CPU decodes clip by clip, in float32."""
    if device.type != "cuda":
        return None
    dtype: torch.dtype = torch.float16 if wanted == "auto" else getattr(torch, wanted)
    return WindowSettings(dtype, fuses=not plain, captures=not plain)


class WindowDecoder:
    """One network's decoder on its device. For one thread at a time.

    Recorded as it is made, which nobody else may do at the same time: torch allows one recording in
    a process, and the one that begins waits for the whole device, which breaks the other.
    """

    def __init__(self, network: CodecNetwork, settings: WindowSettings) -> None:
        self.settings = settings
        self._network = network
        self._device = device = network.fc2.bias.device
        self._context = decoder_context_frames(network.config.acoustic)
        self._streams = _Streams(device) if device.type == "cuda" else None
        with self._working():  # weights are made short in the order of what reads them
            self._decode = self._chosen_decode(
                MaskedDecoder(network, settings.dtype, settings.fuses)
            )

    def decode(self, clips: Sequence[Tensor]) -> list[Tensor]:
        """Codes `[codebooks, frames]` of all codebooks, on the host -> float32 samples
        `[frames * hop]`, there too. Batches travel to the host while the next are worked out."""
        hop, counts = self._network.config.hop_length, [clip.shape[1] for clip in clips]
        sounds = [torch.empty(count * hop) for count in counts]
        windows = plan_windows(counts, self.settings.window_frames, self._context)
        for group, lanes in self._decoded(_groups(windows, self.settings.batch_size), clips):
            for window, lane in zip(group, lanes, strict=False):
                begin, end = window.keep_start - window.start, window.keep_stop - window.start
                kept = slice(window.keep_start * hop, window.keep_stop * hop)
                sounds[window.clip][kept] = lane[begin * hop : end * hop]
        return sounds

    def _decoded(
        self, groups: Iterable[Group], clips: Sequence[Tensor]
    ) -> Iterator[tuple[Group, Tensor]]:
        """Each group with its samples `[batch, samples]` on the host."""
        on_the_way: deque[tuple[Group, _Arrival]] = deque()
        for group in groups:
            on_the_way.append((group, self._begin(group, clips)))
            if len(on_the_way) > _MOST_ON_THE_WAY:
                earliest, arrival = on_the_way.popleft()
                yield earliest, arrival.samples()
        for group, arrival in on_the_way:
            yield group, arrival.samples()

    def _begin(self, group: Group, clips: Sequence[Tensor]) -> _Arrival:
        codes, counts = self._batch(group, clips)
        if self._streams is None:
            return _Arrival(self._decode(codes, counts))
        with self._working():
            sent = (one.pin_memory().to(self._device, non_blocking=True) for one in (codes, counts))
            return _Arrival(self._decode(*sent), self._streams.away)

    def _batch(self, group: Group, clips: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """What a recording takes: windows of one length, some of them perhaps empty."""
        codes = torch.zeros(self._shape, dtype=torch.int64)
        counts = torch.zeros(len(codes), dtype=torch.int64)
        for lane, window in enumerate(group):
            codes[lane, :, : window.frame_count] = clips[window.clip][:, window.start : window.stop]
            counts[lane] = window.frame_count
        return codes, counts

    def _working(self) -> AbstractContextManager[object]:
        return nullcontext() if self._streams is None else torch.cuda.stream(self._streams.work)

    @property
    def _shape(self) -> tuple[int, int, int]:
        settings = self.settings
        return (settings.batch_size, self._network.config.codebook_count, settings.window_frames)

    def _chosen_decode(self, decode: MaskedDecoder) -> Decode:
        """A book is better decoded slowly than not at all."""
        if not self.settings.captures:
            return decode
        try:
            return CapturedDecode(decode, self._shape, self._device)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as problem:
            warnings.warn(
                f"the codec is not recorded as a CUDA graph: {problem}",
                RuntimeWarning,
                stacklevel=2,
            )
            return decode


class _Streams:
    """Both give way to whatever has a stream of priority -1: the steps of the lanes."""

    def __init__(self, device: torch.device) -> None:
        self.work = torch.cuda.Stream(device, priority=_LOW_PRIORITY)
        self.work.wait_stream(torch.cuda.current_stream(device))  # on which the codec was loaded
        self.away = torch.cuda.Stream(device, priority=_LOW_PRIORITY)
        """On which samples go to the host."""


class MaskedDecoder:
    """The network's decoder, in which silence stands behind each window's own frames."""

    def __init__(self, network: CodecNetwork, dtype: torch.dtype, fuses: bool = False) -> None:
        """`fuses`: activations by a kernel of triton, unless it is wrong on this device."""
        self._network = network
        self._dtype = dtype
        self._snake: MaskedSnake = plain_masked_snake
        if fuses:
            self._snake = _fused_snake(network.fc2.bias.device, dtype) or plain_masked_snake
        self._decoder = _in_format(network.acoustic_decoder, dtype)

    @torch.inference_mode()
    def __call__(self, codes: Tensor, counts: Tensor) -> Tensor:
        network, decoder = self._network, self._decoder
        latent = network.to_acoustic(network.dequantize(codes))
        ends = counts[:, None, None]
        beyond = torch.arange(latent.shape[-1], device=latent.device) >= ends
        hidden = decoder.conv1(latent.masked_fill(beyond, 0.0).to(self._dtype))
        for one in decoder.block:
            block = cast(DecoderBlock, one)
            hidden = block.conv_t1(self._snake(hidden, block.snake1.alpha, ends))
            ends = ends * block.conv_t1.stride[0]
            for unit in (block.res_unit1, block.res_unit2, block.res_unit3):
                hidden = self._unit(unit, hidden, ends)
        return decoder.conv2(self._snake(hidden, decoder.snake1.alpha, ends))[:, 0].float()

    def _unit(self, unit: ResidualUnit, hidden: Tensor, ends: Tensor) -> Tensor:
        around = unit.conv1(self._snake(hidden, unit.snake1.alpha, ends))
        return unit.conv2(self._snake(around, unit.snake2.alpha, ends)).add_(hidden)


class CapturedDecode:
    """A decode of one shape, recorded as a CUDA graph on the stream it will be replayed on."""

    def __init__(
        self, decode: MaskedDecoder, shape: tuple[int, int, int], device: torch.device
    ) -> None:
        self._codes = torch.zeros(shape, dtype=torch.int64, device=device)
        self._counts = torch.full((shape[0],), shape[2], dtype=torch.int64, device=device)
        stream = torch.cuda.current_stream(device)
        for _ in range(_WARM_UPS):  # everything that is made at first use must be there before
            decode(self._codes, self._counts)
        stream.synchronize()
        self._graph = torch.cuda.CUDAGraph()
        # Other threads go on meanwhile, and may do what a recording may not.
        with torch.cuda.graph(self._graph, stream=stream, capture_error_mode="thread_local"):
            self._samples = decode(self._codes, self._counts)

    def __call__(self, codes: Tensor, counts: Tensor) -> Tensor:
        self._codes.copy_(codes)
        self._counts.copy_(counts)
        self._graph.replay()
        return self._samples.clone()


class _Arrival:
    """Samples on their way to the host; the device goes on meanwhile."""

    def __init__(self, samples: Tensor, away: torch.cuda.Stream | None = None) -> None:
        self._samples, self._event = samples, None
        if away is None:
            return
        self._event = torch.cuda.Event()
        away.wait_stream(torch.cuda.current_stream(samples.device))
        with torch.cuda.stream(away):
            self._samples = torch.empty(samples.shape, pin_memory=True)
            self._samples.copy_(samples, non_blocking=True)
            samples.record_stream(away)
            self._event.record()

    def samples(self) -> Tensor:
        """On the host, once they are there."""
        if self._event is not None:
            self._event.synchronize()
        return self._samples


def _in_format(decoder: AcousticDecoder, dtype: torch.dtype) -> AcousticDecoder:
    """The same with its convolutions in another format; activations keep theirs."""
    if next(decoder.parameters()).dtype == dtype:
        return decoder
    short = copy.deepcopy(decoder)
    for layer in short.modules():
        if isinstance(layer, nn.Conv1d | nn.ConvTranspose1d):
            layer.to(dtype)
    return short


def _fused_snake(device: torch.device, dtype: torch.dtype) -> MaskedSnake | None:
    if find_spec("triton") is None:
        return None
    from tokenizer.codec.fast.masked_snake import disagreement, masked_snake

    problem = disagreement(device, dtype)
    if problem is not None:
        warnings.warn(
            f"the codec's fused kernel is left out: {problem}", RuntimeWarning, stacklevel=2
        )
    return masked_snake if problem is None else None


def _groups(windows: Sequence[Window], size: int) -> Iterator[Group]:
    filled = [one for one in windows if one.frame_count]
    for begin in range(0, len(filled), size):
        yield filled[begin : begin + size]
