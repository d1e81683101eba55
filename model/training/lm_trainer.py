"""The training loop of the language model.

    trainer = LmTrainer(settings)          opens start or the newest checkpoint
    for report in trainer.run(): …         one report per step, before its checkpoint
    trainer.save_model()                   out/model, in the ordinary layout

Which batch comes when, its noise and the learning rate are functions of seed and step: a run that
was killed goes on from its last checkpoint with the losses it would have had.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs
from torch import Tensor, nn

from model.checkpoint.aside import written_aside
from model.config.config import ModelConfig
from model.errors import ConfigError
from model.network.backbone import HiggsModel
from model.training.batches import Batch, collate
from model.training.corruption import corrupt
from model.training.dataset import SampleDataset
from model.training.freezing import freeze, optimizer_groups
from model.training.lm_folders import check_folders, open_network, save_network
from model.training.lm_settings import LmSettings
from model.training.losses import Losses, LossWeights, label_counts, language_model_losses
from model.training.sample_fit import refuse_foreign_samples
from model.training.samples import TrainingSample
from model.training.schedule import CosineSchedule
from model.training.training_state import (
    CHECKPOINT_FOLDER,
    MODEL_FOLDER,
    TrainingProgress,
    checkpoint_name,
    checkpoints,
    forget_old,
    read_training_state,
    write_training_state,
)


@dataclass(frozen=True)
class Scores:
    """Mean cross-entropies in nats."""

    total: float
    text: float
    codebooks: tuple[float, ...]


@dataclass(frozen=True)
class StepReport:
    """What one step did, over all processes."""

    step: int
    """Counted from 1."""
    scores: Scores
    learning_rate: float
    gradient_norm: float
    positions: int
    """Positions of this step on this process, padding included."""
    seconds: float
    validation: Scores | None = None


class Objective(nn.Module):
    """The network with its losses, as one module: what processes keep in step."""

    def __init__(self, network: HiggsModel, weights: LossWeights) -> None:
        super().__init__()
        self.network = network
        self.weights = weights

    def forward(self, batch: Batch, counts: Tensor | None = None) -> Losses:
        return language_model_losses(self.network, batch, self.weights, counts)


class LmTrainer:
    """One run: its model, its data, and how far it has come."""

    def __init__(self, settings: LmSettings) -> None:
        self.settings = settings
        if settings.threads:
            torch.set_num_threads(settings.threads)
        check_folders(settings.start, settings.out)
        self._accelerator = _accelerator(settings)
        self._checkpoints = settings.out / CHECKPOINT_FOLDER
        newest = checkpoints(self._checkpoints)[-1:]
        self._network = open_network(
            newest[0] / MODEL_FOLDER if newest else settings.start, settings.seed
        )
        self._config = self._network.config
        self._dataset = _samples(settings.samples, settings, settings.seed, self._config)
        self._held_out = _held_out(settings, self._config)
        freeze(self._network, settings.freeze, settings.freeze_rows)
        self._network.model.gradient_checkpointing = settings.gradient_checkpointing
        self._network.to(self._accelerator.device)
        if settings.compile:
            for layer in self._network.model.layers:
                layer.compile(dynamic=True)
        optimizer = torch.optim.AdamW(
            optimizer_groups(self._network, settings.weight_decay, settings.freeze_rows),
            lr=settings.learning_rate,
            betas=settings.betas,
            fused=True,
        )
        self.progress = (
            read_training_state(newest[0], self._network, optimizer)
            if newest
            else TrainingProgress()
        )
        weights = LossWeights.of(
            settings.text_weight, settings.codebook_weights, self._config.codebook_count
        )
        self._objective, self._optimizer = self._accelerator.prepare(
            Objective(self._network, weights), optimizer
        )
        self._schedule = CosineSchedule(
            settings.learning_rate,
            settings.warmup_steps,
            settings.steps,
            settings.final_rate_share,
        )

    @property
    def is_main(self) -> bool:
        """Whether this process is the one that writes and reports."""
        return bool(self._accelerator.is_main_process)

    @property
    def sample_count(self) -> int:
        return self._dataset.sample_count

    def run(self) -> Iterator[StepReport]:
        """Every step from here to the last; a checkpoint whenever one is due, and at the end."""
        world = self._accelerator.num_processes
        first = self.progress.batch_count + self._accelerator.process_index
        batches = self._dataset.batches(first, world)
        saved_at = time.monotonic()
        while self.progress.step < self.settings.steps:
            # The report goes out first: whoever keeps it has it before the run can go on from here.
            yield self._step(batches)
            if self._is_due(saved_at):
                self.checkpoint()
                saved_at = time.monotonic()

    def checkpoint(self) -> Path:
        """Write a checkpoint of the run as it stands."""
        final = self._checkpoints / checkpoint_name(self.progress.step)
        if self.is_main and not final.exists():
            self._checkpoints.mkdir(parents=True, exist_ok=True)
            with written_aside(final) as aside:
                save_network(self._network, self.settings.start, aside / MODEL_FOLDER)
                optimizer = self._optimizer.optimizer
                write_training_state(aside, self._network, optimizer, self.progress)
            forget_old(self._checkpoints, self.settings.keep_checkpoints)
        self._accelerator.wait_for_everyone()
        return final

    def save_model(self) -> Path:
        """Write the model as it stands to `out/model`, companions of `start` beside it."""
        folder = self.settings.out / MODEL_FOLDER
        if self.is_main:
            save_network(self._network, self.settings.start, folder)
        self._accelerator.wait_for_everyone()
        return folder

    def _step(self, batches: Iterator[list[TrainingSample]]) -> StepReport:
        started = time.monotonic()
        rate = self._schedule.rate(self.progress.step)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._objective.train()
        scores, norm, positions = torch.zeros(self._config.codebook_count + 2), 0.0, 0
        micros = [
            self._batch(next(batches), self._noise_seed(micro))
            for micro in range(self.settings.accumulate)
        ]
        counts = self._mean_counts(micros)
        for batch in micros:
            with self._accelerator.accumulate(self._objective):
                losses = self._losses(batch, counts)
                self._accelerator.backward(losses.total)
                if self._accelerator.sync_gradients:
                    norm = self._clipped()
                self._optimizer.step()
                self._optimizer.zero_grad()
            scores += _flat(losses) / self.settings.accumulate
            positions += batch.ids.numel()
        seen = self.settings.accumulate * self._accelerator.num_processes
        self.progress = TrainingProgress(self.progress.step + 1, self.progress.batch_count + seen)
        return StepReport(
            self.progress.step,
            self._averaged(scores),
            rate,
            norm,
            positions,
            time.monotonic() - started,
            self._validated() if self._validates() else None,
        )

    def _mean_counts(self, micros: list[Batch]) -> Tensor:
        """Labels per batch, the mean over all batches of this step on all processes."""
        counts = torch.stack([label_counts(batch) for batch in micros]).float().mean(dim=0)
        return self._accelerator.reduce(counts, reduction="mean")

    def _losses(self, batch: Batch, counts: Tensor | None = None) -> Losses:
        is_rough = self.settings.precision == "bf16"
        with torch.autocast(self._accelerator.device.type, torch.bfloat16, enabled=is_rough):
            losses: Losses = self._objective(batch, counts)
        return losses

    def _batch(self, samples: list[TrainingSample], noise_seed: int) -> Batch:
        settings = self.settings
        batch = self._collated(samples)
        size = self._config.codebook_size
        batch = corrupt(batch, settings.corrupt_codes, settings.corrupt_columns, noise_seed, size)
        return batch.to(self._accelerator.device)

    def _collated(self, samples: list[TrainingSample]) -> Batch:
        whisper = self._config.whisper
        mel_frame_count = whisper.mel_frame_count if whisper else 0
        return collate(samples, self._config.pad_id or 0, mel_frame_count)

    def _noise_seed(self, micro: int) -> int:
        world, rank = self._accelerator.num_processes, self._accelerator.process_index
        number = self.progress.batch_count + micro * world + rank
        return self.settings.seed * 7_368_787 + number

    def _clipped(self) -> float:
        parameters = self._objective.parameters()
        norm = self._accelerator.clip_grad_norm_(parameters, self.settings.clip_norm)
        return float(norm)

    def _averaged(self, scores: Tensor) -> Scores:
        moved = scores.to(self._accelerator.device)
        total, text, *codebooks = self._accelerator.reduce(moved, reduction="mean").tolist()
        return Scores(total, text, tuple(codebooks))

    def _validates(self) -> bool:
        every = self.settings.validate_steps
        is_last = self.progress.step == self.settings.steps
        return bool(self._held_out) and (is_last or (every > 0 and self.progress.step % every == 0))

    @torch.no_grad()
    def _validated(self) -> Scores:
        """The scores of the held-out samples: the same ones every time."""
        self._objective.eval()
        scores = torch.zeros(self._config.codebook_count + 2)
        rank, world = self._accelerator.process_index, self._accelerator.num_processes
        mine = self._held_out[rank::world] or self._held_out
        for samples in mine:
            batch = self._collated(samples).to(self._accelerator.device)
            scores += _flat(self._losses(batch)) / len(mine)
        return self._averaged(scores)

    def _is_due(self, saved_at: float) -> bool:
        step, every = self.progress.step, self.settings.checkpoint_steps
        by_count = every > 0 and step % every == 0
        # By the clock of the main process alone: all must agree to write.
        waited = time.monotonic() - saved_at > 60 * self.settings.checkpoint_minutes
        by_clock = torch.tensor(float(waited and self.is_main), device=self._accelerator.device)
        agreed = self._accelerator.reduce(by_clock, reduction="sum").item() > 0
        return by_count or agreed or step == self.settings.steps


def _accelerator(settings: LmSettings) -> Accelerator:
    if settings.device == "cuda" and not torch.cuda.is_available():
        # Left to itself, accelerate would take the CPU without a word.
        raise ConfigError("torch finds no CUDA device here; give cpu or auto", "device")
    return Accelerator(
        cpu=settings.device == "cpu",
        gradient_accumulation_steps=settings.accumulate,
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
    )


def _samples(folder: Path, settings: LmSettings, seed: int, config: ModelConfig) -> SampleDataset:
    dataset = SampleDataset(folder, settings.batch_positions, seed)
    refuse_foreign_samples(dataset.paths, config)
    return dataset


def _held_out(settings: LmSettings, config: ModelConfig) -> list[list[TrainingSample]]:
    if settings.validation is None:
        return []
    dataset = _samples(settings.validation, settings, 0, config)
    epoch = len(dataset.plan_epoch(0))
    batches = dataset.batches()
    return [next(batches) for _ in range(min(epoch, settings.validation_batches))]


def _flat(losses: Losses) -> Tensor:
    """Total, text, and each codebook, on the CPU."""
    return torch.stack([losses.total.detach(), losses.text, *losses.codebooks]).float().cpu()
