"""Teach the codec by ear from the new teacher's corpus: `python train_codec.py CORPUS RUN --steps 20000`.

The latent is the encoder's own: it learns together with the decoder what the sound needs, phase and breath included,
then the codebooks are started from it and move along, then the discriminators join, and in the last stretch the decoder
learns alone, so that the codes are final. Book 0 stays what it is at the start, a clustering of speech features.

Killed at any moment, the same command goes on from the last checkpoint with the very losses it would have had;
`--minutes` ends a stretch in good order. RUN gets `training.safetensors`, `curves.csv` and `curves.png`;
`export_codec.py` makes a codec folder of it.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import torch
from corpus_parts import part_numbers, spoken_parts
from spoken_crops import SAMPLE_RATE, SpokenCrops

from higgs_cli.tools.training_log import TrainingLog
from tokenizer import load_codec
from tokenizer.codec.network import CodecNetwork
from tokenizer.training.codec_recipe import CodecLossWeights, CodecRecipe
from tokenizer.training.codec_trainer import CodecTrainer
from tokenizer.training.spectral import SpectralDistance

START = Path(__file__).parents[2] / "tokenizer" / "mini"
TRIED_EVERY, TRIED_LANES = 50, 12


def opened(start: Path) -> CodecNetwork:
    """The codec to begin from. What makes book 0 phonetic, and each book's way in, stays as it is.

    A way in that learned by the commitment loss alone would shrink until everything is near to everything.
    """
    codec = load_codec(start)
    codec.read_all()
    network = codec.network.train().requires_grad_(True)
    fixed = [network.semantic_model, network.encoder_semantic, network.fc]
    fixed += [network.fc1, network.decoder_semantic]
    fixed += [book.project_in for book in network.quantizer.quantizers]
    for part in fixed:
        part.requires_grad_(False)
    network.semantic_model.eval()
    return network


def recipe_of(options: argparse.Namespace) -> CodecRecipe:
    """The stages, each at its share of the steps."""

    def at(share: float) -> int:
        return round(share * options.steps)

    return CodecRecipe(
        steps=options.steps,
        quantize_from=-1 if options.keep_codes else at(options.books_from),
        freeze_encoder_from=0 if options.keep_codes else at(options.decoder_alone_from),
        discriminators_from=at(options.judges_from) if options.judges_from < 1 else -1,
        learning_rate=options.rate,
        seed=options.seed,
        compile=True,
        bf16=True,
        checkpoint_minutes=options.checkpoint_minutes,
        weights=CodecLossWeights(mel=10.0, linear=40.0, waveform=0.0, semantic=0.0, features=1.0),
    )


def weighed(recipe: CodecRecipe, step: int, options: argparse.Namespace) -> CodecRecipe:
    """In the first share of the steps the samples themselves count, so that the latent learns where a period begins.

    Later they would cost what cannot be told in so few codes: breath and hiss would be averaged away.
    """
    waveform = options.waveform if step < options.waveform_until * recipe.steps else 0.0
    return replace(recipe, weights=replace(recipe.weights, waveform=waveform))


class HeldOut:
    """How far the codec is from stretches of a part that it never learns from, every so many steps."""

    def __init__(self, corpus: Path, part: int, length: int) -> None:
        self._samples = SpokenCrops(corpus, [part], TRIED_LANES, length, seed=7)(0)
        self._distance = SpectralDistance(SAMPLE_RATE)
        self._network: CodecNetwork | None = None

    @torch.no_grad()
    def mel(self, trainer: CodecTrainer) -> float:
        """Through the codebooks as soon as there are any."""
        # A copy: the learning one is compiled for its own batches, and would be again for these.
        if self._network is None:
            self._network = CodecNetwork(trainer.network.config)
            self._network.build_speech_model()
        network = self._network.eval()
        network.load_state_dict(trainer.network.state_dict())
        latent = network.encode_latent(self._samples)
        if trainer.step > trainer.recipe.quantize_from:
            latent = network.dequantize(network.quantize(latent))
        return float(self._distance(network.decode_latent(latent), self._samples)[0])


def learn(options: argparse.Namespace) -> None:
    """Step by step until the recipe or the stretch is done."""
    ended = time.monotonic() + 60 * options.minutes
    length = round(options.seconds * 25) * (SAMPLE_RATE // 25)
    parts = [part for part in spoken_parts(options.corpus) if part in options.parts]
    held_out = HeldOut(options.corpus, options.held_out_part, length)
    parts = [part for part in parts if part != options.held_out_part]
    crops = SpokenCrops(options.corpus, parts, options.lanes, length, options.seed)
    trainer = CodecTrainer(opened(options.start), recipe_of(options), crops, options.run)
    trainer.resume()
    print(f"{len(parts)} parts, from step {trainer.step}", flush=True)
    trainer.recipe = weighed(trainer.recipe, trainer.step, options)
    with TrainingLog(options.run, trainer.step, options.steps, say) as log:
        for report in trainer.run():
            figures = dict(report.losses)
            if report.step % TRIED_EVERY == 0 or report.step == options.steps:
                figures["held_out_mel"] = held_out.mel(trainer)
            log.add(report.step, report.seconds, figures)
            trainer.recipe = weighed(trainer.recipe, report.step, options)
            if time.monotonic() > ended:
                trainer.checkpoint()
                break


def say(line: str) -> None:
    """One line of the log, at once."""
    print(line, flush=True)


def main() -> None:
    """Read the options and learn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path, help="the folder of speak_corpus.py")
    parser.add_argument("run", type=Path)
    parser.add_argument("--start", type=Path, default=START, help="the codec to begin from")
    parser.add_argument(
        "--parts", type=part_numbers, default=range(9999), help="0-29; else all there are"
    )
    parser.add_argument("--held-out-part", type=int, default=0, help="never learned from")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--minutes", type=float, default=1e9, help="end this stretch then")
    parser.add_argument("--keep-codes", action="store_true", help="the decoder alone, codes as is")
    parser.add_argument("--books-from", type=float, default=0.25, help="share of the steps")
    parser.add_argument("--judges-from", type=float, default=0.5, help="share; 1: never")
    parser.add_argument("--decoder-alone-from", type=float, default=0.8, help="share")
    parser.add_argument("--waveform", type=float, default=20.0, help="how much samples count")
    parser.add_argument("--waveform-until", type=float, default=0.3, help="share of the steps")
    parser.add_argument("--rate", type=float, default=6e-4)
    parser.add_argument("--lanes", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--checkpoint-minutes", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=61)
    options = parser.parse_args()
    torch.set_num_threads(1)
    learn(options)


if __name__ == "__main__":
    main()
