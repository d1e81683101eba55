"""Write the mini model's `config.json`: `python make_model_folder.py MODEL_FOLDER`. How it is drawn from is in `generation_config.json` there."""

import argparse
import json
from pathlib import Path

from model.config.config import ModelConfig, RopeConfig
from model.config.writer import flat_config
from tokenizer.prompts import special_tokens as special
from tokenizer.prompts.text import TextTokenizer

CODEBOOK_SIZE, LAYERS = 256, 4


def mini_config(text: TextTokenizer) -> ModelConfig:
    return ModelConfig(
        vocab_size=-(-text.vocab_size // 8) * 8,
        hidden_size=256,
        intermediate_size=768,
        layer_count=LAYERS,
        head_count=4,
        kv_head_count=4,
        head_dim=64,
        rms_norm_eps=1e-5,
        rope=RopeConfig(theta=10_000.0, scaling=None),
        codebook_count=8,
        rows_per_codebook=CODEBOOK_SIZE + 2,
        stream_bos_id=CODEBOOK_SIZE,
        stream_eos_id=CODEBOOK_SIZE + 1,
        audio_out_id=text.special_id(special.AUDIO_OUT),
        audio_out_bos_id=text.special_id(special.AUDIO_OUT_BOS),
        audio_delay_id=text.special_id(special.AUDIO_DELAY),
        pad_id=text.special_id(special.END_OF_TEXT),
        bos_id=text.special_id(special.BEGIN_OF_TEXT),
        eos_ids=(text.special_id(special.END_OF_TURN),),
        dual_ffn_layers=tuple(range(LAYERS)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    values = flat_config(mini_config(TextTokenizer.from_folder(folder)), "bfloat16")
    (folder / "config.json").write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
