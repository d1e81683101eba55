"""The training loop of the codec: autoencoder, then codebooks, then the decoder alone, then
discriminators.

A step is a function of the weights, the step number and the seed, so a run that was killed goes on
from its last checkpoint with the very losses it would have had.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from tokenizer.codec.network import CodecNetwork
from tokenizer.training.codec_recipe import CodecRecipe
from tokenizer.training.discriminators import (
    SpectrogramDiscriminators,
    deceiving_loss,
    discriminator_loss,
    feature_matching,
)
from tokenizer.training.freezing import freeze
from tokenizer.training.quantizer_training import Quantized, QuantizerTraining
from tokenizer.training.recomputing import recompute_blocks
from tokenizer.training.run_state import load_run_state, save_run_state
from tokenizer.training.spectral import SpectralDistance

# (step, process) -> [lanes, 1, samples]; whole frames.
BatchSource = Callable[[int, int], Tensor]


@dataclass(frozen=True)
class CodecStepReport:
    """What one step came to."""

    step: int
    seconds: float
    losses: dict[str, float] = field(default_factory=dict)


class CodecTrainer:
    """Trains `network` in place; iterate over `run` for a report of each step."""

    def __init__(
        self, network: CodecNetwork, recipe: CodecRecipe, batches: BatchSource, folder: Path
    ) -> None:
        self.network, self.recipe, self.batches, self.folder = network, recipe, batches, folder
        self.accelerator = Accelerator()
        self.network.to(self.accelerator.device)
        self.distance = SpectralDistance(network.config.sample_rate).to(self.accelerator.device)
        # Every process must begin with the same discriminators, whatever it has drawn before.
        torch.manual_seed(recipe.seed)
        self.discriminators = SpectrogramDiscriminators().to(self.accelerator.device)
        self.codebooks = QuantizerTraining(network.quantizer, self._add_up, self._share)
        speech_model = set(network.semantic_model.parameters()) if network.semantic_model else set()
        self.learning = [
            p for p in network.parameters() if p.requires_grad and p not in speech_model
        ]
        self.optimizer = torch.optim.AdamW(
            self.learning, lr=recipe.learning_rate, betas=(0.8, 0.99), weight_decay=1e-3
        )
        self.discriminator_optimizer = torch.optim.AdamW(
            self.discriminators.parameters(),
            lr=recipe.discriminator_learning_rate,
            betas=(0.8, 0.99),
        )
        # Only now: the optimizer numbers all of them, so a checkpoint fits whatever is frozen.
        freeze(network, recipe.freeze)
        self.step = 0
        if recipe.gradient_checkpointing:
            recompute_blocks(network)
        if recipe.compile:
            network.acoustic_encoder.compile()
            network.acoustic_decoder.compile()

    def resume(self) -> bool:
        """Go on from the checkpoint in the folder, if there is one."""
        found = load_run_state(self.folder, self.network, self.discriminators, self._optimizers())
        self.step = found or 0
        return found is not None

    def checkpoint(self) -> None:
        """Everything `resume` needs, written aside and renamed; by the first process alone."""
        if self.accelerator.is_main_process:
            save_run_state(
                self.folder, self.step, self.network, self.discriminators, self._optimizers()
            )
        self.accelerator.wait_for_everyone()

    def run(self) -> Iterator[CodecStepReport]:
        """Step until the recipe is done, with a checkpoint every so many minutes."""
        saved = time.monotonic()
        while self.step < self.recipe.steps:
            began = time.monotonic()
            losses = self._one_step()
            self.step += 1
            yield CodecStepReport(self.step, time.monotonic() - began, losses)
            due = time.monotonic() - saved > 60 * self.recipe.checkpoint_minutes
            if self._agreed(due) or self.step == self.recipe.steps:
                self.checkpoint()
                saved = time.monotonic()

    def _one_step(self) -> dict[str, float]:
        recipe = self.recipe
        torch.manual_seed(recipe.seed * 1_000_003 + self.step * 64 + self.accelerator.process_index)
        if self.step == recipe.quantize_from:
            self._start_codebooks()
        for optimizer, peak in zip(
            self._optimizers(),
            (recipe.learning_rate, recipe.discriminator_learning_rate),
            strict=True,
        ):
            for group in optimizer.param_groups:
                group["lr"] = recipe.learning_rate_at(self.step) * peak / recipe.learning_rate
        samples = self._batch(self.step)
        made, quantized, features = self._reconstruct(samples)
        losses = self._distances(samples, made, quantized, features)
        if 0 <= recipe.discriminators_from <= self.step:
            losses |= self._discriminate(samples, made)
        weights = vars(recipe.weights)
        total = torch.stack(
            [value * weights[name] for name, value in losses.items() if name in weights]
        ).sum()
        self._descend(total, self.optimizer, self.learning)
        return self._averaged(losses | {"total": total})

    def _reconstruct(self, samples: Tensor) -> tuple[Tensor, Quantized, Tensor]:
        network, recipe = self.network, self.recipe
        frozen = self.step >= recipe.freeze_encoder_from
        features = network.speech_features(samples)
        # Always float32: on some CPUs the bfloat16 kernel of a strided convolution of few channels
        # is wrong (consistently another function), and codes must be those of the codec that ships.
        with torch.set_grad_enabled(not frozen), torch.autocast(samples.device.type, enabled=False):
            latent = network.encode_latent(samples, features)
        if self.step < recipe.quantize_from:
            quantized = Quantized(latent, torch.empty(0), latent.new_zeros(()))
        else:
            learns = not frozen and "quantizer" not in recipe.freeze
            quantized = self.codebooks.quantize(latent, learn=learns)
            if frozen:
                quantized = Quantized(
                    quantized.latent.detach(), quantized.codes, quantized.commitment.detach()
                )
        with self._rough():
            made = network.decode_latent(quantized.latent)
        return made.float(), quantized, features

    def _distances(
        self, samples: Tensor, made: Tensor, quantized: Quantized, features: Tensor
    ) -> dict[str, Tensor]:
        mel, linear = self.distance(made, samples)
        told = self.network.reconstruct_features(quantized.latent)
        return {
            "mel": mel,
            "linear": linear,
            "waveform": (made - samples).abs().mean(),
            "commitment": quantized.commitment,
            "semantic": (told - features).square().mean(),
        }

    def _discriminate(self, samples: Tensor, made: Tensor) -> dict[str, Tensor]:
        """Let the discriminators learn from this batch, then score it."""
        with self._rough():
            learned = discriminator_loss(
                self.discriminators(samples), self.discriminators(made.detach())
            )
        self._descend(learned, self.discriminator_optimizer, list(self.discriminators.parameters()))
        with self._rough():
            real, fake = self.discriminators(samples), self.discriminators(made)
            lies, likeness = deceiving_loss(fake), feature_matching(real, fake)
        return {"deceiving": lies, "features": likeness, "discriminators": learned.detach()}

    def _descend(
        self, loss: Tensor, optimizer: torch.optim.Optimizer, learning: list[nn.Parameter]
    ) -> None:
        """One step down the mean gradient of all processes."""
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        moved = [p for p in learning if p.grad is not None]
        if self.accelerator.num_processes > 1:
            flat = torch.cat([p.grad.flatten() for p in moved if p.grad is not None])
            flat = self.accelerator.reduce(flat, "mean")
            for parameter, part in zip(moved, flat.split([p.numel() for p in moved]), strict=True):
                parameter.grad = part.view_as(parameter)
        nn.utils.clip_grad_norm_(moved, self.recipe.clip_norm)
        optimizer.step()

    @torch.no_grad()
    def _start_codebooks(self) -> None:
        latents = []
        for index in range(self.recipe.kmeans_batches):
            samples = self._batch(self.step + 1 + index)
            latents.append(self.network.encode_latent(samples).float())
        self.codebooks.start(torch.cat(latents))

    def _rough(self) -> torch.autocast:
        """What runs in here runs in bfloat16, if the recipe says so."""
        device = self.accelerator.device.type
        return torch.autocast(device, torch.bfloat16, enabled=self.recipe.bf16)

    def _batch(self, step: int) -> Tensor:
        return self.batches(step, self.accelerator.process_index).to(self.accelerator.device)

    def _optimizers(self) -> tuple[torch.optim.Optimizer, torch.optim.Optimizer]:
        return self.optimizer, self.discriminator_optimizer

    def _add_up(self, tensor: Tensor) -> Tensor:
        return (
            self.accelerator.reduce(tensor, "sum") if self.accelerator.num_processes > 1 else tensor
        )

    def _share(self, tensor: Tensor) -> Tensor:
        """The first process's tensor: everybody else's counts nothing in the sum."""
        if self.accelerator.num_processes == 1:
            return tensor
        return self.accelerator.reduce(tensor * float(self.accelerator.is_main_process), "sum")

    def _averaged(self, losses: dict[str, Tensor]) -> dict[str, float]:
        """What a report says is the mean of all processes."""
        values = torch.stack([value.detach().float() for value in losses.values()])
        return dict(zip(losses, self.accelerator.reduce(values, "mean").tolist(), strict=True))

    def _agreed(self, due: bool) -> bool:
        """Clocks differ between processes: the first one's decides."""
        return bool(self._share(torch.tensor(float(due), device=self.accelerator.device)) > 0)
