"""Several processes train one codec: the curve of one, and the same weights everywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

# A process alone takes the crops of both; of two, each takes its own.
WORKER = """
import hashlib, json, sys
sys.path.insert(0, {root!r})
from pathlib import Path
import torch
from tests.tokenizer.codec_fixtures import small_config, speechlike
from tokenizer.training.codec_recipe import CodecRecipe
from tokenizer.training.codec_run import _begun
from tokenizer.training.codec_trainer import CodecTrainer

torch.set_num_threads(1)
torch.manual_seed(3)

def crops(step, process):
    return torch.cat([speechlike(5760, seed=8 * step + 2 * process + lane) for lane in range(2)])

def crops_of_both(step, process):
    return torch.cat([crops(step, 0), crops(step, 1)])

recipe = CodecRecipe(
    steps=9, quantize_from=4, freeze_encoder_from=100, discriminators_from=7,
    warmup_steps=2, kmeans_batches=2, learning_rate=2e-3,
)
network = _begun(small_config(ratios=[8, 5, 4, 2, 3]), crops_of_both(0, 0))
torch.manual_seed({drawn})
trainer = CodecTrainer(network, recipe, {source}, Path({out!r}))
mels = [report.losses["mel"] for report in trainer.run()]
state = b"".join(t.detach().numpy().tobytes() for t in trainer.network.state_dict().values())
others = trainer.discriminators.state_dict().values()
state += b"".join(t.detach().numpy().tobytes() for t in others)
print(json.dumps([mels, hashlib.sha256(state).hexdigest()]))
"""


def spoken(source: str, out: Path, count: int) -> list[tuple[list[float], str]]:
    """What each of `count` processes prints."""
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29547", "WORLD_SIZE": str(count)}
    processes = [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                WORKER.format(root=str(ROOT), drawn=rank, source=source, out=str(out)),
            ],
            env=os.environ
            | {"ACCELERATE_USE_CPU": "true"}
            | (shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)} if count > 1 else {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(count)
    ]
    answers = [process.communicate(timeout=300) for process in processes]
    assert [process.returncode for process in processes] == [0] * count, answers
    return [tuple(json.loads(out.splitlines()[-1])) for out, _ in answers]


@pytest.mark.slow
def test_two_processes_train_the_codec_that_one_trains(tmp_path: Path) -> None:
    [(alone, _)] = spoken("crops_of_both", tmp_path / "alone", 1)
    (first, one), (second, other) = spoken("crops", tmp_path / "together", 2)
    assert first == second
    assert one == other, "weights, codebooks and discriminators are the same in both processes"
    # Up to the k-means start there is nothing to draw; from there on the draw differs.
    assert first[:4] == pytest.approx(alone[:4], rel=1e-3)
    assert first[4:] == pytest.approx(alone[4:], rel=0.1)
