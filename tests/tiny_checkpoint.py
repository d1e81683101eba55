"""A whole checkpoint of the real classes with random weights, on the disk; never a voice."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from safetensors.torch import load_file, save_file

from model.checkpoint.random_model import random_model
from model.config.reader import read_config
from tests.model.boson_files import boson_config, boson_names
from tests.model.tiny import tiny
from tests.tokenizer.codec_fixtures import randomize, small_config
from tests.tokenizer.prompt_fixtures import small_tokenizer
from tokenizer.codec.checkpoint import save_codec
from tokenizer.codec.network import CodecNetwork

CODES = 256


def write_checkpoint(folder: Path) -> Path:
    """`folder` with config.json, model.safetensors, tokenizer.json, and its codec in codec/."""
    text = small_tokenizer()
    ids = {name: text.token_to_id(name) for name in text.get_vocab()}
    config = replace(
        tiny(),
        vocab_size=len(ids),
        codebook_count=8,
        rows_per_codebook=CODES + 2,
        stream_bos_id=CODES,
        stream_eos_id=CODES + 1,
        audio_out_id=ids["<|AUDIO_OUT|>"],
        audio_out_bos_id=ids["<|audio_out_bos|>"],
        audio_delay_id=ids["<|reserved_special_token_6|>"],
        pad_id=ids["<|end_of_text|>"],
        bos_id=ids["<|begin_of_text|>"],
        eos_ids=(ids["<|eot_id|>"],),
    )
    folder.mkdir(parents=True, exist_ok=True)
    random_model(config).save(folder)
    text.save(str(folder / "tokenizer.json"))
    network = CodecNetwork(small_config(codebook_size=CODES))
    network.build_speech_model()
    randomize(network)
    (folder / "codec").mkdir(exist_ok=True)
    save_codec(network, folder / "codec")
    return folder


def write_original_checkpoint(folder: Path, *, encodes_audio_in: bool = True) -> Path:
    """The same in the original's own format."""
    write_checkpoint(folder)
    ids = small_tokenizer().get_vocab()
    config = replace(
        read_config(folder),
        audio_in_id=ids["<|AUDIO|>"],
        audio_eos_id=ids["<|audio_eos|>"],
        audio_delay_id=None,
        encodes_audio_in=encodes_audio_in,
    )
    weights = folder / "model.safetensors"
    save_file(boson_names(load_file(weights)), weights)
    (folder / "config.json").write_text(json.dumps(boson_config(config)))
    return folder
