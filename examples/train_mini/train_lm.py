"""Train the mini language model: `accelerate launch --cpu --num_processes 2 train_lm.py SETTINGS.json`.

SETTINGS.json holds the fields of `model.training.lm_settings.LmSettings`; a run continues from its checkpoint.
"""

import argparse
import csv
import json
import time
from pathlib import Path

import torch

from model.training.lm_settings import read_lm_settings
from model.training.lm_trainer import LmTrainer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("settings", type=Path)
    parser.add_argument(
        "--set", nargs="*", default=[], metavar="NAME=JSON", help="fields to change"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    values = json.loads(options.settings.read_text(encoding="utf-8"))
    values |= {
        name: json.loads(text) for name, _, text in (item.partition("=") for item in options.set)
    }
    trainer = LmTrainer(read_lm_settings(values, Path.cwd()))
    began, first = time.time(), trainer.progress.step
    with (trainer.settings.out / "curve.csv").open("a", encoding="utf-8") as file:
        writer = csv.writer(file)
        for report in trainer.run():
            row = [
                report.step,
                round(time.time()),
                report.positions,
                report.scores.text,
                *report.scores.codebooks,
            ]
            writer.writerow(
                [f"{value:.4f}" if isinstance(value, float) else value for value in row]
            )
            if trainer.is_main and report.step % 20 == 0:
                each = (time.time() - began) / (report.step - first)
                left = (trainer.settings.steps - report.step) * each / 60
                books = " ".join(f"{score:.2f}" for score in report.scores.codebooks)
                held_out = report.validation
                shown = (
                    " held out " + " ".join(f"{s:.2f}" for s in held_out.codebooks)
                    if held_out
                    else ""
                )
                print(
                    f"{report.step} {each:.2f}s {left:.0f}min left, {report.positions} positions, text"
                    f" {report.scores.text:.3f} books {books}{shown}", flush=True,
                )  # fmt: skip
                file.flush()
    trainer.save_model()


if __name__ == "__main__":
    main()
