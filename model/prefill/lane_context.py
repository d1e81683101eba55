"""Bring a lane's cache to where its next chunk can be spoken: carry over, rebase, or replay.

The cache of a lane is a stack of pieces behind its prefix (see `context_window.py`). To prepare a
chunk, pieces that are not wanted are dropped from the top, and missing ones are prefilled:

```
carry over   prefix│prompt 0│take 0, prompt 1                the last piece is prefilled
rebase       prefix│prompt 2, take 2, prompt 3, …            all but the prefix is dropped
replay       prefix│prompt 0│take 0, prompt 1│take 1, …      a fresh lane: all are prefilled
```

The columns of a take are in the cache already when it has just been decoded. Fast mode keeps them
and prefills what follows, for all lanes that wait at once. Exact mode prefills the take again, lane
by lane and piece by piece: decoding and prefill differ in the last bits, and only so does a lane
that was never interrupted hold the same bits as one that replays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from model.cache.static import StaticCache
from model.checkpoint.language_model import LanguageModel
from model.codes.delay_pattern import delayed
from model.errors import GenerationError
from model.lanes.lane import Lane
from model.prefill.many_lanes import can_pack_prompts, packs, prefill_pack
from model.prefill.one_lane import LanePrompt, Prefiller, Prefixes, check_prompt, check_rows
from model.runs.context_window import ContextPiece, window_before
from model.runs.engine_settings import EngineSettings
from model.runs.prompt import Prompt, joined, without_first
from model.runs.run import RunRequest

if TYPE_CHECKING:
    from model.runs.events import Codes


class LaneContext:
    """Prefills the context of the lanes of one cache."""

    def __init__(
        self,
        language_model: LanguageModel,
        cache: StaticCache,
        settings: EngineSettings,
        prefixes: Prefixes,
    ) -> None:
        self._model = language_model
        self._config = language_model.config
        self._cache = cache
        self._prefiller = Prefiller(language_model, cache, prefixes)
        self._position_count = settings.position_count
        self._is_exact = settings.exact
        self._packs_prompts = not settings.exact and can_pack_prompts(language_model.config)

    def wipe(self, lane: Lane) -> None:
        self._cache.wipe(lane.index)

    def check_take(self, codes: Codes) -> None:
        """Codes to go on with must be real ones, `[codebooks, frames]`, no special among them."""
        check_rows(torch.tensor(codes), self._config.codebook_count, self._config.codebook_size)

    def prepare(self, lanes: Sequence[Lane]) -> dict[int, str]:
        """Prefill the whole context of each lane's `chunk`, stored chunks among it, and its prompt.

        Returns what lanes are refused for, by their index; the others are ready.
        """
        refused: dict[int, str] = {}
        lane_prompts: list[LanePrompt] = []
        for lane in lanes:
            try:
                lane_prompts += self._prefilled_or_checked(lane)
            except GenerationError as error:
                refused[lane.index] = str(error)
        for pack in packs(lane_prompts):
            prefill_pack(self._model, self._cache, pack)
        return refused

    def _prefilled_or_checked(self, lane: Lane) -> list[LanePrompt]:
        """What of a lane is still to be prefilled, and may be prefilled with others."""
        lane_prompts = self._plan(lane)
        for lane_prompt in lane_prompts:
            if self._packs_prompts:
                check_prompt(lane_prompt.prompt, self._config)
            else:
                self._prefiller.prefill(lane.index, lane_prompt.length, lane_prompt.prompt)
        return lane_prompts if self._packs_prompts else []

    def _plan(self, lane: Lane) -> list[LanePrompt]:
        """What is to be prefilled into a lane, in order: each piece by itself, or all as one."""
        run = lane.run
        assert run is not None
        self._check(run, lane.chunk)
        self._remember_stored(lane, run)
        frame_counts = {place: codes.shape[1] for place, codes in lane.takes.items()}
        codebook_count = self._config.codebook_count
        window = window_before(lane.chunk, run, frame_counts, self._position_count, codebook_count)
        lane.heard = window.chunks
        wanted = window.pieces(lane.chunk)
        kept = _common_count([piece for piece, _ in lane.pieces], wanted)
        fed = self._fed_columns(lane, kept)
        del lane.pieces[kept:]
        if not kept and not lane.prefix_length:
            lane.prefix_length = self._prefiller.begin_with_prefix(lane.index, run.prefix)
        lane_prompts = []
        for piece in wanted[kept:]:
            lane_prompts.append(self._lane_prompt(lane, piece, fed))
            lane.pieces.append((piece, lane_prompts[-1].end))
            fed = None
        return [_as_one(lane_prompts)] if self._packs_prompts and lane_prompts else lane_prompts

    def _remember_stored(self, lane: Lane, run: RunRequest) -> None:
        for place, chunk in enumerate(run.chunks[: lane.chunk]):
            if chunk.stored_codes is not None:
                self.check_take(chunk.stored_codes)
                lane.takes[place] = chunk.stored_codes

    def _lane_prompt(self, lane: Lane, piece: ContextPiece, fed: torch.Tensor | None) -> LanePrompt:
        prompt = self._prompt(lane, piece)
        reused = 0
        if fed is not None and not piece.begins_anew:
            reused = self._reusable_columns(lane.takes[piece.takes[0]], fed)
        return LanePrompt(lane.index, lane.length + reused, without_first(prompt, reused))

    def _fed_columns(self, lane: Lane, kept: int) -> torch.Tensor | None:
        """Columns `[codebooks, fed]` that lie in the cache behind the last piece, if they may be
        kept as they are. The last column drawn has not been fed."""
        is_on_top = lane.stream is not None and kept == len(lane.pieces) > 0
        if self._is_exact or not is_on_top or lane.stream is None:
            return None
        return torch.tensor(lane.stream.columns[:-1], dtype=torch.int64).t()

    def _reusable_columns(self, codes: Codes, fed: torch.Tensor) -> int:
        """How many leading columns of a take are those that were fed.

        All but the last for a take that closed by itself; fewer for one that was cut off, or for
        an earlier attempt that was chosen instead.
        """
        columns = self._columns(codes)
        shorter = min(columns.shape[1], fed.shape[1])
        is_equal = (columns[:, :shorter] == fed[:, :shorter]).all(dim=0)
        return int(is_equal.long().cumprod(dim=0).sum())

    def _prompt(self, lane: Lane, piece: ContextPiece) -> Prompt:
        """Everything one prefill writes, as one prompt."""
        run = lane.run
        assert run is not None
        parts: list[Prompt] = []
        for number, place in enumerate(piece.takes):
            if number or piece.begins_anew:
                parts.append(run.chunks[place].prompt)
            columns = self._columns(lane.takes[place])
            parts.append(Prompt((self._config.audio_out_id,) * columns.shape[1], columns))
            parts.append(Prompt(run.closing))
        parts.append(run.chunks[piece.prompt].prompt)
        return joined(parts)

    def _columns(self, codes: Codes) -> torch.Tensor:
        config = self._config
        return delayed(
            torch.tensor(codes, dtype=torch.int64), config.stream_bos_id, config.stream_eos_id
        )

    def _check(self, run: RunRequest, place: int) -> None:
        chunk = run.chunks[place]
        if not chunk.prompt.ids or chunk.prompt.ids[-1] != self._config.audio_out_bos_id:
            raise GenerationError(
                f"the prompt of chunk {chunk.key!r} must end with the id that opens audio, "
                f"{self._config.audio_out_bos_id}"
            )
        if chunk.frame_budget < 1:
            raise GenerationError(
                f"the frame budget of chunk {chunk.key!r} is {chunk.frame_budget}"
            )
        if run.context_chunks < 0:
            raise GenerationError(f"run {run.key!r} keeps {run.context_chunks} chunks of context")


def _common_count(present: list[ContextPiece], wanted: list[ContextPiece]) -> int:
    count = 0
    for ours, theirs in zip(present, wanted, strict=False):
        if ours != theirs:
            break
        count += 1
    return count


def _as_one(lane_prompts: Sequence[LanePrompt]) -> LanePrompt:
    first = lane_prompts[0]
    return LanePrompt(first.lane, first.length, joined([one.prompt for one in lane_prompts]))
