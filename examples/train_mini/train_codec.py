"""Train the mini codec: `accelerate launch --cpu --num_processes 2 train_codec.py CORPUS OUT --speech-model FILE`.

Resumes from OUT when it holds a checkpoint.
"""

import argparse
import csv
import json
import time
from dataclasses import replace
from pathlib import Path

import torch
from mini_sizes import CODEC
from phonetic_start import start_phonetically
from recordings import Recordings
from safetensors.torch import load_file
from torch import Tensor

from tokenizer.codec_checkpoint import save_codec
from tokenizer.codec_network import CodecNetwork
from tokenizer.training.codec_recipe import CodecRecipe, LossWeights
from tokenizer.training.codec_trainer import CodecTrainer
from tokenizer.training.data_start import LAST_SCALE, start_from_data


def build(speech_model: Path, samples: Tensor) -> CodecNetwork:
    """A network that fits its data: phones in book 0, unit variance everywhere."""
    network = CodecNetwork(CODEC)
    table = load_file(speech_model)
    weights = {name.removeprefix("speech_model."): v for name, v in table.items() if name.startswith("speech_model.")}
    network.build_speech_model().load_state_dict(weights)
    network.semantic_model.requires_grad_(False)
    features = network.speech_features(samples)
    start_phonetically(network, table["heads.weight"], features)
    start_from_data(network.acoustic_encoder, samples)
    latent = network.encode_latent(samples, features)
    start_from_data(network.fc2, latent.transpose(1, 2).flatten(0, 1))
    start_from_data(network.acoustic_decoder, network.to_acoustic(latent), last_scale=LAST_SCALE)
    return network


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--speech-model", type=Path, required=True)
    parser.add_argument("--recipe", type=Path, required=True, help="JSON of CodecRecipe's fields")
    parser.add_argument("--parts", type=int, nargs="+", default=[0, 1, 2, 3])
    parser.add_argument("--lanes", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    values = json.loads(options.recipe.read_text(encoding="utf-8"))
    weights = LossWeights(**values.pop("weights", {}))
    recipe = replace(CodecRecipe(**values), weights=weights)
    recordings = Recordings(options.corpus, tuple(options.parts))

    def batches(step: int, process: int) -> Tensor:
        source = torch.Generator().manual_seed(recipe.seed + step * 64 + process)
        return recordings.crops(source, options.lanes, options.seconds)[0]

    torch.manual_seed(recipe.seed)
    network = build(options.speech_model, batches(0, 0))
    trainer = CodecTrainer(network, recipe, batches, options.out)
    trainer.resume()
    follow(trainer, options.out)


def follow(trainer: CodecTrainer, out: Path) -> None:
    """Write every step's losses beside the checkpoint; tell of every 20th; leave the codec at the end."""
    main_process = trainer.accelerator.is_main_process
    began, first = time.time(), trainer.step
    out.mkdir(parents=True, exist_ok=True)
    with (out / f"curve-{trainer.accelerator.process_index}.csv").open("a", encoding="utf-8") as file:
        writer = csv.writer(file)
        for report in trainer.run():
            writer.writerow([report.step, round(time.time()), *(f"{k}={v:.4f}" for k, v in report.losses.items())])
            if main_process and report.step % 20 == 0:
                file.flush()
                left = (trainer.recipe.steps - report.step) * (time.time() - began) / (report.step - first) / 60
                shown = " ".join(f"{k} {v:.4f}" for k, v in report.losses.items())
                print(f"{report.step} {report.seconds:.2f}s {left:.0f}min left: {shown}", flush=True)
    if main_process:
        save_codec(trainer.network, out / "codec")


if __name__ == "__main__":
    main()
