"""A codec is trained from a folder of recordings to a folder that the ordinary door opens."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from tests.tokenizer.codec_fixtures import small_config, speechlike
from tokenizer.codec.checkpoint import save_codec
from tokenizer.codec.codec import load_codec
from tokenizer.codec.config_writer import codec_config_values
from tokenizer.codec.network import CodecNetwork
from tokenizer.errors import CodecCheckpointError, CodecConfigError, WaveformError
from tokenizer.training.codec_recipe import CodecRecipe
from tokenizer.training.codec_run import CodecRunSettings, Crops, open_codec_run
from tokenizer.training.run_state import STATE_FILE

CONFIG = small_config(ratios=[8, 5, 4, 2, 3])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sounds = tmp_path / "sounds"
    (sounds / "deeper").mkdir(parents=True)
    for number, place in enumerate((sounds / "one.wav", sounds / "deeper/two.wav")):
        samples = speechlike(40_000 + 9_000 * number, seed=number)[0, 0].clamp(-1, 1)
        soundfile.write(place, samples.numpy(), 24_000, subtype="PCM_16")
    (sounds / "notes.txt").write_text("no recording")
    start = tmp_path / "start"
    start.mkdir()
    (start / "config.json").write_text(json.dumps(codec_config_values(CONFIG)))
    return tmp_path


def settings_for(folder: Path, steps: int, out: str = "out", **changes: object) -> CodecRunSettings:
    values = {"quantize_from": 4, "freeze_encoder_from": 1000, "learning_rate": 2e-3}
    recipe = CodecRecipe(
        **{"steps": steps, "warmup_steps": 2, "kmeans_batches": 2} | values | changes
    )
    return CodecRunSettings(
        recordings=folder / "sounds",
        start=folder / "start",
        out=folder / out,
        recipe=recipe,
        lanes=3,
        seconds=0.24,
        threads=1,
    )


def losses(folder: Path, steps: int, out: str = "out", **changes: object) -> list[dict[str, float]]:
    trainer = open_codec_run(settings_for(folder, steps, out, **changes))
    return [report.losses for report in trainer.run()]


def test_a_short_run_learns_and_leaves_an_ordinary_codec(folder: Path) -> None:
    trainer = open_codec_run(settings_for(folder, 30))
    mels = [report.losses["mel"] for report in trainer.run()]
    assert sum(mels[-5:]) / 5 < 0.85 * mels[0]
    save_codec(trainer.network, folder / "codec")
    codec = load_codec(folder / "codec")
    samples = speechlike(24_000)[0, 0]
    codes = codec.encode(samples, 24_000)
    assert codes.shape == (CONFIG.codebook_count, 25)
    assert len(codes[0].unique()) > 3
    assert torch.isfinite(codec.decode(codes)).all()


def test_a_run_that_was_stopped_goes_on_with_the_losses_it_would_have_had(folder: Path) -> None:
    straight = losses(folder, 8, "straight", discriminators_from=2)
    trainer = open_codec_run(settings_for(folder, 8, "stopped", discriminators_from=2))
    before = []
    for report in trainer.run():
        before.append(report.losses)
        if report.step == 5:
            trainer.checkpoint()
            break
    again = open_codec_run(settings_for(folder, 8, "stopped", discriminators_from=2))
    assert again.step == 5
    assert again.discriminator_optimizer.state, "the discriminators' moments are back"
    assert before + [report.losses for report in again.run()] == straight


def test_the_file_of_a_run_keeps_its_tensor_names(folder: Path) -> None:
    """Runs of earlier releases go on: the discriminators are stored by their former name."""
    open_codec_run(settings_for(folder, 5)).checkpoint()
    with safe_open(folder / "out" / STATE_FILE, framework="pt") as file:
        stored = list(file.keys())
    names = {".".join(name.split(".")[:3]) for name in stored if not name.startswith("network.")}
    assert names == {f"judges.judges.{number}" for number in range(3)}


def test_a_damaged_checkpoint_is_named_with_the_mend(folder: Path) -> None:
    trainer = open_codec_run(settings_for(folder, 5))
    trainer.checkpoint()
    state = folder / "out" / STATE_FILE
    whole = state.read_bytes()
    for rest in (whole[:-1000], whole[:100], b""):
        state.write_bytes(rest)
        with pytest.raises(
            CodecCheckpointError, match=r"^\S*/out/training.safetensors is damaged: "
        ) as e:
            open_codec_run(settings_for(folder, 5))
        assert "\n" not in e.value.message
        assert e.value.hint is not None
        assert "move it away to begin from the start" in e.value.hint


def test_a_checkpoint_that_is_not_this_runs_is_named(folder: Path) -> None:
    trainer = open_codec_run(settings_for(folder, 5))
    state = folder / "out" / STATE_FILE
    state.parent.mkdir()
    save_file(trainer.network.state_dict(), state)
    with pytest.raises(CodecCheckpointError, match=r"out/training.safetensors is no training run"):
        trainer.resume()
    trainer.network.fc = torch.nn.Linear(2, 3)
    trainer.checkpoint()
    other = r"out/training.safetensors is of another codec than this run's: network.fc.bias is not"
    with pytest.raises(CodecCheckpointError, match=other):
        open_codec_run(settings_for(folder, 5))


def test_a_codec_with_weights_is_continued_from_them(folder: Path) -> None:
    trainer = open_codec_run(settings_for(folder, 5))
    list(trainer.run())
    save_codec(trainer.network, folder / "start")
    continued = open_codec_run(settings_for(folder, 5, "other")).network.state_dict()
    for name, value in trainer.network.state_dict().items():
        assert torch.equal(continued[name], value), name


def codebooks(network: CodecNetwork) -> dict[str, Tensor]:
    return {n: t.clone() for n, t in network.state_dict().items() if n.endswith("codebook.embed")}


def test_codebooks_with_weights_start_anew_unless_they_are_kept(folder: Path) -> None:
    trainer = open_codec_run(settings_for(folder, 5))
    list(trainer.run())
    save_codec(trainer.network, folder / "start")
    for quantize_from, kept in ((-1, True), (0, False)):
        changes = {"quantize_from": quantize_from, "freeze_encoder_from": 0}
        again = open_codec_run(settings_for(folder, 1, f"from{quantize_from}", **changes))
        before = codebooks(again.network)
        list(again.run())
        after = codebooks(again.network)
        assert all(torch.equal(after[name], before[name]) == kept for name in before)


def test_codebooks_that_nothing_would_fill_are_refused(folder: Path) -> None:
    with pytest.raises(CodecConfigError, match=r"^recipe.quantize_from: -1 is not a step from 0"):
        open_codec_run(settings_for(folder, 5, quantize_from=-1))
    trainer = open_codec_run(settings_for(folder, 5))
    next(trainer.run())
    trainer.checkpoint()
    with pytest.raises(CodecConfigError, match=r"^recipe.quantize_from: 0 is not a step from 1 on"):
        open_codec_run(settings_for(folder, 5, quantize_from=0))


def test_the_shortest_crop_a_spectrum_can_mirror_is_named(folder: Path) -> None:
    settings = settings_for(folder, 5)
    with pytest.raises(CodecConfigError, match=r"^seconds: 0.04 is not at least 0.08, 2 frames$"):
        open_codec_run(replace(settings, seconds=0.04))
    assert next(open_codec_run(replace(settings, seconds=0.08)).run()).step == 1


def test_crops_are_a_function_of_seed_step_and_process(folder: Path) -> None:
    crops = Crops(folder / "sounds", 24_000, lanes=4, length=9_600, seed=1)
    assert crops(3, 0).shape == (4, 1, 9_600)
    assert torch.equal(crops(3, 0), crops(3, 0))
    assert not torch.equal(crops(3, 0), crops(3, 1))
    assert not torch.equal(crops(3, 0), crops(4, 0))
    other = Crops(folder / "sounds", 24_000, lanes=4, length=9_600, seed=2)
    assert not torch.equal(crops(3, 0), other(3, 0))


def test_recordings_shorter_than_a_crop_are_padded(folder: Path) -> None:
    crops = Crops(folder / "sounds", 24_000, lanes=2, length=60_000, seed=1)(0, 0)
    assert (crops[:, 0, 49_000:] == 0).all()
    assert (crops[:, 0, :30_000] != 0).any(dim=1).all()


def test_a_folder_without_recordings_is_named(tmp_path: Path) -> None:
    with pytest.raises(WaveformError, match="no recordings here"):
        Crops(tmp_path, 24_000, 1, 960, 0)
