from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import HiggsAudioV2ForConditionalGeneration

from higgs_cli.files.strict_settings import read_settings
from model.checkpoint.language_model import load_model
from model.errors import CheckpointError, ConfigError
from model.training.batches import collate
from model.training.freezing import freeze, optimizer_groups
from model.training.lm_folders import open_network, save_network
from model.training.lm_settings import LmSettings
from model.training.lm_trainer import LmTrainer
from model.training.losses import LossWeights, language_model_losses
from model.training.schedule import CosineSchedule
from model.training.shards import write_shard
from model.training.training_state import checkpoints
from tests.model.boson_files import boson_config
from tests.model.tiny import TOWER, tiny
from tests.model.training_fixtures import SINGER, settings_for, songs

ROOT = Path(__file__).parents[3]


def losses_of(tmp_path: Path, **changes: Any) -> list[float]:
    trainer = LmTrainer(settings_for(tmp_path, **changes))
    return [report.scores.total for report in trainer.run()]


def test_a_tiny_run_learns_to_sing_what_is_written(tmp_path: Path) -> None:
    held_out = tmp_path / "held-out"
    held_out.mkdir()
    write_shard(held_out / "samples-0.safetensors", songs(40, seed=99))
    settings = settings_for(tmp_path, steps=70, batch_positions=1024, validation="held-out")
    trainer = LmTrainer(settings)
    reports = list(trainer.run())
    assert reports[0].scores.total > 7.5
    final = reports[-1].validation
    assert final is not None
    assert final.total < 0.7  # it fell by more than nine tenths
    network = load_model(trainer.save_model(), "cpu", torch.float32).network
    weights = LossWeights.of(1.0, (), SINGER.codebook_count)
    with torch.no_grad():
        true, false = (
            language_model_losses(network, collate(songs(40, 99, deceiving), 30), weights)
            for deceiving in (False, True)
        )
    # It reads: with other words than those sung it is far more surprised.
    assert false.codebooks[0] > true.codebooks[0] + 2.0


def test_what_is_saved_is_an_ordinary_model_folder(tmp_path: Path) -> None:
    trainer = LmTrainer(settings_for(tmp_path, steps=2))
    list(trainer.run())
    folder = trainer.save_model()
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
    ]
    ours = load_model(folder, "cpu", torch.float32)
    assert ours.config.hidden_size == SINGER.hidden_size
    port = HiggsAudioV2ForConditionalGeneration.from_pretrained(folder, use_text_head=True)
    theirs = port.state_dict()
    for name, weight in ours.network.state_dict().items():
        assert torch.equal(theirs[name], weight), name


KILLED = """
import os, signal, sys
sys.path.insert(0, {root!r})
from pathlib import Path
from tests.model.training_fixtures import settings_for
from model.training.lm_trainer import LmTrainer

trainer = LmTrainer(settings_for(Path({folder!r}), **{changes!r}))
for report in trainer.run():
    print(report.step, report.scores.total.hex(), flush=True)
    if report.step == 5:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_run_goes_on_with_the_losses_it_would_have_had(tmp_path: Path) -> None:
    changes = {
        "steps": 8,
        "checkpoint_steps": 3,
        "corrupt_codes": 0.1,
        "corrupt_columns": 0.1,
        "accumulate": 2,
    }
    straight = losses_of(tmp_path, out="straight", **changes)
    code = KILLED.format(root=str(ROOT), folder=str(tmp_path), changes=changes | {"out": "killed"})
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    before = [float.fromhex(line.split()[1]) for line in done.stdout.splitlines()]
    assert before == straight[:5]
    trainer = LmTrainer(settings_for(tmp_path, out="killed", **changes))
    assert trainer.progress.step == 3
    assert [report.scores.total for report in trainer.run()] == straight[3:]
    final = load_file(trainer.save_model() / "model.safetensors")
    wanted = load_file(tmp_path / "straight/checkpoints/step-00000008/model/model.safetensors")
    assert all(torch.equal(final[name], wanted[name]) for name in wanted)


def test_a_model_with_an_audio_tower_keeps_the_configuration_it_began_with(tmp_path: Path) -> None:
    config = tiny(whisper=TOWER, audio_in_id=149, audio_delay_id=None, audio_eos_id=148)
    (tmp_path / "start").mkdir()
    (tmp_path / "start/config.json").write_text(json.dumps(boson_config(config)))
    network = open_network(tmp_path / "start", seed=1)
    save_network(network, tmp_path / "start", tmp_path / "out")
    again = load_model(tmp_path / "out", "cpu", torch.float32)
    assert again.config.whisper == config.whisper
    for name, weight in again.network.state_dict().items():
        assert torch.equal(weight, network.state_dict()[name]), name


def test_a_finished_run_has_nothing_left_to_do(tmp_path: Path) -> None:
    losses_of(tmp_path, steps=2)
    assert losses_of(tmp_path, steps=2) == []


def test_only_the_newest_checkpoints_are_kept(tmp_path: Path) -> None:
    losses_of(tmp_path, steps=5, checkpoint_steps=1, keep_checkpoints=2)
    kept = checkpoints(tmp_path / "out/checkpoints")
    assert [path.name for path in kept] == ["step-00000004", "step-00000005"]
    assert sorted((tmp_path / "out/checkpoints").iterdir()) == kept


def test_a_half_written_checkpoint_is_never_continued(tmp_path: Path) -> None:
    straight = losses_of(tmp_path, steps=4, checkpoint_steps=2, out="straight")
    losses_of(tmp_path, steps=4, checkpoint_steps=2)
    folder = tmp_path / "out/checkpoints"
    left = folder / ".higgs-0123abcd-x1_y2z3.partial"
    left.mkdir()
    (folder / "step-00000004").rename(left / "step-00000004")
    assert losses_of(tmp_path, steps=4, checkpoint_steps=2) == straight[2:]
    assert not left.exists()


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    losses_of(tmp_path, steps=2)
    (tmp_path / "out/checkpoints/step-00000002/state.json").write_text("{")
    with pytest.raises(CheckpointError, match="step-00000002: the training state cannot be read"):
        LmTrainer(settings_for(tmp_path, steps=4))


def test_gradient_checkpointing_runs_each_layer_twice_and_changes_no_loss(tmp_path: Path) -> None:
    def run(saving: bool) -> tuple[list[float], int]:
        out = f"saving-{saving}"
        trainer = LmTrainer(settings_for(tmp_path, out=out, steps=4, gradient_checkpointing=saving))
        runs: list[None] = []
        trainer._network.model.layers[0].register_forward_pre_hook(lambda *_: runs.append(None))
        return [report.scores.total for report in trainer.run()], len(runs)

    losses, runs = run(saving=False)
    assert runs == 4
    assert run(saving=True) == (losses, 8)


def test_bf16_learns_alike(tmp_path: Path) -> None:
    plain = losses_of(tmp_path, out="plain", steps=8)
    rough = losses_of(tmp_path, out="rough", steps=8, precision="bf16")
    assert rough == pytest.approx(plain, rel=0.03)
    assert rough != plain


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # the compiler has many of its own
def test_compiled_layers_learn_alike(tmp_path: Path) -> None:
    plain = losses_of(tmp_path, out="plain", steps=4)
    compiled = losses_of(tmp_path, out="compiled", steps=4, compile=True)
    assert compiled == pytest.approx(plain, rel=1e-4)
    assert losses_of(tmp_path, out="compiled", steps=5, compile=True) != []


def test_frozen_parameters_and_rows_stay_as_they_were(tmp_path: Path) -> None:
    settings = settings_for(
        tmp_path,
        steps=3,
        freeze=["model.layers.*.self_attn.*", "model.norm.weight"],
        freeze_rows={"model.embed_tokens.weight": 20, "text_lm_head.weight": 7},
    )
    trainer = LmTrainer(settings)
    before = {name: one.clone() for name, one in trainer._network.state_dict().items()}
    list(trainer.run())
    after = trainer._network.state_dict()
    for name, one in after.items():
        if "self_attn" in name or name == "model.norm.weight":
            assert torch.equal(one, before[name]), name
        elif name in settings.freeze_rows:
            count = settings.freeze_rows[name]
            assert torch.equal(one[:count], before[name][:count]), name
            assert not torch.equal(one[count:], before[name][count:]), name
        else:
            assert not torch.equal(one, before[name]), name


def test_freezing_what_is_not_there_is_refused() -> None:
    layer = torch.nn.Linear(3, 4)
    with pytest.raises(ConfigError, match="freeze: no parameter matches 'wheight'"):
        freeze(layer, ["wheight"], {})
    with pytest.raises(ConfigError, match="freeze_rows: no parameter is named 'wheight'"):
        freeze(layer, [], {"wheight": 1})
    with pytest.raises(ConfigError, match="freeze_rows: weight has 4 rows, not 5"):
        freeze(layer, [], {"weight": 5})
    with pytest.raises(ConfigError, match="nothing is left to learn"):
        freeze(layer, ["*"], {})


def test_only_matrices_decay() -> None:
    network = torch.nn.ModuleDict(
        {"embed": torch.nn.Embedding(2, 2), "linear": torch.nn.Linear(2, 2)}
    )
    decaying, steady = optimizer_groups(network, 0.1, {})
    assert decaying["params"] == [network["linear"].weight]
    assert (decaying["weight_decay"], steady["weight_decay"]) == (0.1, 0.0)
    assert len(optimizer_groups(network, 0.1, {"linear.weight": 1})) == 1


def test_the_rate_warms_up_and_falls_along_a_cosine() -> None:
    schedule = CosineSchedule(peak=1.0, warmup_steps=4, step_count=104, final_share=0.1)
    rates = [schedule.rate(step) for step in range(120)]
    assert rates[:4] == [0.25, 0.5, 0.75, 1.0]
    assert rates[54] == pytest.approx(0.55)
    assert rates[104] == rates[119] == pytest.approx(0.1)
    assert sorted(rates[4:], reverse=True) == rates[4:]


GOOD = {
    "samples": "s",
    "start": "m",
    "out": "o",
    "steps": 5,
    "batch_positions": 10,
    "learning_rate": 1e-3,
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 0}, "steps: 0 is not above 0"),
        ({"corrupt_codes": 2.0}, "corrupt_codes: 2.0 is not between 0 and 1"),
        ({"validate_steps": 5}, "validate_steps: there are no validation samples"),
        ({"keep_checkpoints": 0}, "keep_checkpoints: at least one"),
        ({"threads": -1}, "threads: -1 is not 0 or above"),
        ({"betas": [2, 3]}, r"betas: \(2.0, 3.0\) is not from 0 to below 1"),
        ({"weight_decay": -0.1}, "weight_decay: -0.1 is not 0 or above"),
        ({"text_weight": float("nan")}, "text_weight: nan is not 0 or above"),
        ({"seed": 10**20}, r"seed: 10+ is not within 2\^32 of 0"),
    ],
)
def test_a_wrong_setting_is_named(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        read_settings(LmSettings, {**GOOD, **change}, tmp_path / "run.yaml")


WORKER = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from tests.model.training_fixtures import settings_for
from model.training.lm_trainer import LmTrainer

trainer = LmTrainer(settings_for(Path({folder!r}), **{changes!r}))
losses = [report.scores.total for report in trainer.run()]
trainer.save_model()
if trainer.is_main:
    print(" ".join(map(str, losses)))
"""


@pytest.mark.slow
def test_two_processes_give_the_curve_of_one(tmp_path: Path) -> None:
    alone = losses_of(tmp_path, out="alone", steps=6, accumulate=2)
    changes = {"out": "together", "steps": 6}
    code = WORKER.format(root=str(ROOT), folder=str(tmp_path), changes=changes)
    shared = os.environ | {
        "WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": "29533",
        "ACCELERATE_USE_CPU": "true",
    }
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env=shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    answers = [process.communicate(timeout=200) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], answers
    together = [float(word) for word in answers[0][0].split()]
    assert together == pytest.approx(alone, rel=1e-4)
