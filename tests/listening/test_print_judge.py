"""The path of a speaker print says which it is; a folder of WavLM is read strictly."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import WavLMConfig, WavLMForXVector

from higgs_cli.errors import FormatError, UsageError
from higgs_cli.listening.print_ear import PrintEar, open_listener
from higgs_cli.listening.print_judge import check_print, open_print
from higgs_cli.listening.speaker_print import SpeakerPrint
from higgs_cli.listening.wavlm_print import WavlmPrint
from tests.listening.test_speaker_print import noise, saved


@pytest.fixture(scope="module")
def wavlm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny one, drawn at random, saved as transformers does."""
    torch.manual_seed(5)
    config = WavLMConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=24,
        conv_dim=(8, 8),
        conv_kernel=(10, 8),
        conv_stride=(20, 16),
        num_feat_extract_layers=2,
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
        tdnn_dim=(16, 16, 16),
        tdnn_kernel=(5, 3, 1),
        tdnn_dilation=(1, 2, 1),
        xvector_output_dim=12,
        apply_spec_augment=False,
    )
    folder = tmp_path_factory.mktemp("wavlm")
    WavLMForXVector(config).save_pretrained(folder)
    return folder


def test_a_folder_of_wavlm_says_what_transformers_says(wavlm: Path) -> None:
    clip = noise(3.0)
    mine = open_print(wavlm).print_of(clip)
    model = WavLMForXVector.from_pretrained(wavlm).eval()
    with torch.no_grad():
        wanted = model(torch.from_numpy(clip.samples)[None]).embeddings[0].numpy()
    assert mine.shape == (12,)
    assert np.abs(mine - wanted / np.linalg.norm(wanted)).max() < 1e-5


def test_sound_is_brought_to_the_scale_of_its_teaching_where_the_folder_says_so(
    wavlm: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "scaled"
    folder.mkdir()
    for file in wavlm.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "preprocessor_config.json").write_text('{"do_normalize": true}', "utf-8")
    heard: list[np.ndarray] = []
    for path in (wavlm, folder):
        judge = open_print(path)
        assert isinstance(judge, WavlmPrint)
        model = judge._model

        def listens(samples: torch.Tensor, model: WavLMForXVector = model) -> object:
            heard.append(samples.numpy())
            return model(samples)

        judge._model = listens
        judge.print_of(noise(2.0, level=0.2))
    assert heard[0].std() == pytest.approx(0.2, rel=0.05)
    assert heard[1].std() == pytest.approx(1.0, rel=1e-3)


def test_a_missing_weight_is_named_and_never_drawn_at_random(wavlm: Path, tmp_path: Path) -> None:
    table = load_file(wavlm / "model.safetensors")
    del table["projector.weight"]
    save_file(table, tmp_path / "model.safetensors", {"format": "pt"})
    (tmp_path / "config.json").write_bytes((wavlm / "config.json").read_bytes())
    with pytest.raises(FormatError, match=r"projector\.weight is missing"):
        open_print(tmp_path)


def test_another_folder_or_no_path_at_all_is_refused(wavlm: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        open_print(tmp_path / "nowhere")
    with pytest.raises(UsageError, match=r"it has no config\.json"):
        open_print(tmp_path)
    said = json.loads((wavlm / "config.json").read_text("utf-8")) | {"model_type": "hubert"}
    (tmp_path / "config.json").write_text(json.dumps(said), "utf-8")
    (tmp_path / "model.safetensors").write_bytes((wavlm / "model.safetensors").read_bytes())
    with pytest.raises(FormatError, match="its model_type is another"):
        open_print(tmp_path)


def test_a_file_of_another_network_is_refused_by_its_header(tmp_path: Path) -> None:
    save_file({"linear.weight": torch.zeros(2, 2)}, tmp_path / "other.safetensors")
    with pytest.raises(FormatError, match=r"no GE2E speaker print: it has no lstm\.weight_ih_l0"):
        check_print(tmp_path / "other.safetensors")
    (tmp_path / "text").write_text("no weights", "utf-8")
    with pytest.raises(FormatError, match="no weights in safetensors"):
        check_print(tmp_path / "text")
    check_print(saved(tmp_path / "print.safetensors"))


def test_a_file_is_opened_as_ge2e_and_a_listener_prints_each_sound(tmp_path: Path) -> None:
    path = saved(tmp_path / "print.safetensors")
    ear = open_listener({"path": str(path)})
    assert isinstance(ear, PrintEar)
    clips = [noise(2.0), noise(0.1), noise(3.0)]
    first, moment, last = ear.hear(clips)
    assert moment is None and first is not None and last is not None
    judge = SpeakerPrint(path)
    assert np.allclose(first.values, judge.print_of(clips[0]))
    assert np.allclose(last.values, judge.print_of(clips[2]))
    assert ear.hear([]) == []
