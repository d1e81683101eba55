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

A device that speaks as well does one thing at a time: what is begun here comes behind the steps
that the lanes were given, and the lanes' next burst behind it (`WindowDecoder.before_burst`).
"""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import chain, islice

import torch
from torch import Tensor

from tokenizer.codec.fast.channels_last import ChannelsLastDecoder, activated_widths
from tokenizer.codec.fast.cut_clip import CutClip, CutWindow
from tokenizer.codec.fast.kernel_choice import ChosenKernels, choose_kernels
from tokenizer.codec.network import CodecNetwork
from tokenizer.codec.windows import decoder_context_frames, plan_windows

Decode = Callable[[Tensor, Tensor], Tensor]
"""Codes `[batch, codebooks, window]` and how many frames of each window there are `[batch]`, int64,
-> float32 samples `[batch, window * hop]` that nobody else writes to."""

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
    """Record the decode of a batch as a CUDA graph."""
    window_frames: int = 128
    batch_size: int = 8
    """Always: another shape would round differently, so the bits of a clip would depend on its
    company. Two takes of common length; the takes that end in one burst fill some of them, and a
    larger one would more often be begun half empty."""
    takes_turns: bool = field(default=True, repr=False)
    """With the lanes of the same device: between their bursts; else beside them, in what their
    steps leave of it. The same bits either way."""


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
    """One network's decoder on its device. For one thread at a time, but for `before_burst`.

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
            kernels = self._kernels()
            self._decode = self._chosen_decode(
                ChannelsLastDecoder(network, settings.dtype, kernels.snake, kernels.unit)
            )
        self.description = _described(settings, kernels, self._decode)
        """What was chosen, for whoever names a figure."""

    def decode(self, clips: Sequence[Tensor]) -> list[Tensor]:
        """Codes `[codebooks, frames]` of all codebooks, on the host -> float32 samples
        `[frames * hop]`, there too. Batches travel to the host while the next are worked out."""
        cut = [self.cut(clip) for clip in clips]
        for batch, arrival in self._begun(chain.from_iterable(cut)):
            for window, sound in zip(batch, arrival.samples(), strict=False):
                window.put(sound)
        return [clip.sound for clip in cut]

    def cut(self, codes: Tensor) -> CutClip:
        """A clip in windows of this decoder's length."""
        frames, hop = codes.shape[1], self._network.config.hop_length
        windows = plan_windows([frames], self.settings.window_frames, self._context)
        return CutClip(codes, windows, hop)

    def begin(self, windows: Sequence[CutWindow]) -> Arrival:
        """At most a batch of them; the device has them when this returns."""
        codes, counts = self._batch(windows)
        if self._streams is None:
            return Arrival(self._decode(codes, counts))
        with self._working():
            self._streams.stand_behind_the_lanes()
            sent = (one.pin_memory().to(self._device, non_blocking=True) for one in (codes, counts))
            return Arrival(self._decode(*sent), self._streams.away)

    def before_burst(self) -> None:
        """Called by the thread that speaks, before it gives its device a burst of steps: they come
        behind what was begun here, and what is begun from now on behind them."""
        if self._streams is not None and self.settings.takes_turns:
            self._streams.let_the_lanes_in()

    def _begun(self, windows: Iterable[CutWindow]) -> Iterator[tuple[Sequence[CutWindow], Arrival]]:
        on_the_way: deque[tuple[Sequence[CutWindow], Arrival]] = deque()
        coming = iter(windows)
        while batch := list(islice(coming, self.settings.batch_size)):
            on_the_way.append((batch, self.begin(batch)))
            if len(on_the_way) > _MOST_ON_THE_WAY:
                yield on_the_way.popleft()
        yield from on_the_way

    def _batch(self, windows: Sequence[CutWindow]) -> tuple[Tensor, Tensor]:
        """What a recording takes: windows of one length, some of them perhaps empty."""
        codes = torch.zeros(self._shape, dtype=torch.int64)
        counts = torch.zeros(len(codes), dtype=torch.int64)
        for lane, window in enumerate(windows):
            codes[lane, :, : window.frame_count] = window.codes
            counts[lane] = window.frame_count
        return codes, counts

    def _working(self) -> AbstractContextManager[object]:
        return nullcontext() if self._streams is None else torch.cuda.stream(self._streams.work)

    @property
    def _shape(self) -> tuple[int, int, int]:
        settings = self.settings
        return (settings.batch_size, self._network.config.codebook_count, settings.window_frames)

    def _kernels(self) -> ChosenKernels:
        if not self.settings.fuses:
            return ChosenKernels()
        widths = activated_widths(self._network)
        return choose_kernels(self._device, self.settings.dtype, widths)

    def _chosen_decode(self, decode: ChannelsLastDecoder) -> Decode:
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
        self._lanes: torch.cuda.Stream | None = None

    def stand_behind_the_lanes(self) -> None:
        if self._lanes is not None:
            self.work.wait_stream(self._lanes)

    def let_the_lanes_in(self) -> None:
        self._lanes = torch.cuda.current_stream(self.work.device)
        self._lanes.wait_stream(self.work)


class CapturedDecode:
    """A decode of one shape, recorded as a CUDA graph on the stream it will be replayed on."""

    def __init__(
        self, decode: ChannelsLastDecoder, shape: tuple[int, int, int], device: torch.device
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


class Arrival:
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


def _described(settings: WindowSettings, kernels: ChosenKernels, decode: Decode) -> str:
    recorded = "recorded" if isinstance(decode, CapturedDecode) else "not recorded"
    shape = f"{settings.batch_size} windows of {settings.window_frames} frames"
    return f"{str(settings.dtype).removeprefix('torch.')}, {kernels}, {recorded}, {shape}"
