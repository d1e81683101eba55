"""Whole takes against a slow reader's version of the rules: plain Python, one number at a time."""

from __future__ import annotations

import math

import pytest
import torch

from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.codes.noise import noise_key
from model.config.config import ModelConfig
from model.runs.engine_settings import StepKind
from model.runs.events import Ending
from model.runs.run import ChunkRequest, RunRequest
from model.runs.sampling_settings import Sampling
from tests.model.codes.test_noise import splitmix
from tests.model.speaking import chunk, engine, prefix, speak, takes
from tests.model.tiny import tiny

SAMPLINGS = {
    "two repeats in seven": Sampling(top_k=4, top_p=0.95),
    "one repeat in a long window": Sampling(top_k=3, repeat_window=32, repeat_limit=1),
    "one repeat in a short window": Sampling(top_k=2, repeat_window=1, repeat_limit=1),
    "three repeats": Sampling(temperature=0.4, top_k=0, repeat_window=9, repeat_limit=3),
    "no redraw": Sampling(temperature=1.4, top_k=0, top_p=1.0, repeat_window=0),
    "greedy": Sampling(temperature=0),
}
DRAW, REDRAW = 0, 1


class SlowTake:
    """Draws column by column from the logits of the whole sequence."""

    def __init__(self, lm: LanguageModel, asked: RunRequest, attempt: int) -> None:
        self._lm, self._config, self._asked = lm, lm.config, asked
        self._chunk = asked.chunks[0]
        self._key = noise_key(asked.seed, self._chunk.key, attempt)
        self.columns = [[lm.config.stream_bos_id] * lm.config.codebook_count]
        self.redraw_count = 0
        self._end: int | None = None

    def frames(self) -> list[list[int]]:
        """Up to the end of codebook 0 or to the budget, `[frames][codebooks]`."""
        books = self._config.codebook_count
        while len(self.columns) < self._chunk.frame_budget + books:
            self._draw_column()
        count = self._chunk.frame_budget if self._end is None else self._end - 1
        count = min(count, self._chunk.frame_budget)
        return [[self.columns[t + k + 1][k] for k in range(books)] for t in range(count)]

    def _draw_column(self) -> None:
        config, index, column = self._config, len(self.columns), []
        for codebook, row in enumerate(self._logits()):
            if codebook >= index:
                column.append(config.stream_bos_id)
            elif self._end is not None and index >= self._end + codebook:
                column.append(config.stream_eos_id)
            else:
                column.append(self._draw(row, codebook, index))
            if column[0] == config.stream_eos_id and self._end is None:
                self._end = index
        self.columns.append(column)

    def _logits(self) -> list[list[float]]:
        asked, config = self._asked, self._config
        ids = (*asked.prefix.ids, *self._chunk.prompt.ids)
        columns = torch.tensor(self.columns).t()
        assert asked.prefix.codes is not None
        codes = torch.cat((asked.prefix.codes, columns), dim=1)
        logits = self._lm.logits((*ids, *[config.audio_out_id] * columns.shape[1]), codes)[1]
        return logits[-1].double().tolist()

    def _draw(self, row: list[float], codebook: int, index: int) -> int:
        config, wanted = self._config, self._asked.sampling
        row[config.stream_bos_id] = -math.inf
        if codebook > 0 or index <= self._chunk.minimum_frames:
            row[config.stream_eos_id] = -math.inf
        order = sorted(range(len(row)), key=lambda code: (-row[code], code))
        if wanted.temperature == 0:
            return order[0]
        order = order[: wanted.top_k or None]
        weights = [math.exp((row[code] - row[order[0]]) / wanted.temperature) for code in order]
        kept, total = 0, 0.0
        while kept < len(order) and total < wanted.top_p * sum(weights) - 1e-9:
            total += weights[kept]
            kept += 1
        drawn = pick(order[:kept], weights[:kept], self._uniform(index, codebook, DRAW))
        lately = [one[codebook] for one in self.columns[-wanted.repeat_window :]]
        if wanted.repeat_window and lately.count(drawn) >= wanted.repeat_limit:
            self.redraw_count += 1
            weights = [math.exp(one - max(row)) for one in row]
            noise = self._uniform(index, codebook, REDRAW)
            drawn = pick(list(range(len(row))), weights, noise)
        return drawn

    def _uniform(self, frame: int, codebook: int, purpose: int) -> float:
        word = splitmix(self._key + frame * 0x9E3779B97F4A7C15)
        word = splitmix(word + (codebook * 3 + purpose + 1) * 0xD1B54A32D192ED03)
        return (word >> 40) / 2**24


def pick(codes: list[int], weights: list[float], noise: float) -> int:
    target, running = noise * sum(weights), 0.0
    for code, weight in zip(codes, weights, strict=True):
        running += weight
        if running > target:
            return code
    return codes[-1]


def question(config: ModelConfig, seed: int, wanted: Sampling) -> RunRequest:
    asked: ChunkRequest = chunk(config, f"line {seed}", seed, budget=22, minimum=6 * (seed % 2))
    return RunRequest(f"r{seed}", prefix(config, seed), (asked,), (), seed, wanted)


@pytest.mark.parametrize("step", [StepKind.FASTEST, StepKind.TORCH])
def test_takes_are_those_of_the_slow_reader(step: StepKind) -> None:
    """All settings side by side in one batch, codes, ends, minimum and budget alike."""
    lm = random_model(tiny(layer_count=1), seed=4)
    slow: dict[str, SlowTake] = {}
    asked = [question(lm.config, n, one) for n, one in enumerate(SAMPLINGS.values())]
    said = takes(speak(engine(lm, lanes=4, step=step), asked))
    ends = set()
    for name, one in zip(SAMPLINGS, asked, strict=True):
        slow[name] = SlowTake(lm, one, attempt=0)
        take = said[one.key, one.chunks[0].key]
        assert take.codes.T.tolist() == slow[name].frames(), name
        ends.add(take.ending)
    assert ends == {Ending.ENDED, Ending.BUDGET}
    counts = {name: one.redraw_count for name, one in slow.items()}
    assert counts["one repeat in a long window"] > 3 and counts["two repeats in seven"] > 0
    assert counts["no redraw"] == counts["greedy"] == 0
