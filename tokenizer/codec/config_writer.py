"""A codec's `config.json` as we write it: the spelling of transformers."""

from __future__ import annotations

import math

from tokenizer.codec.config import CodecConfig, codebooks_of_bandwidth

MODEL_TYPE = "higgs_audio_v2_tokenizer"


def codec_config_values(config: CodecConfig) -> dict[str, object]:
    """The `config.json` of the transformers spelling, to be written beside the weights."""
    acoustic = config.acoustic
    return {
        "architectures": ["HiggsAudioV2TokenizerModel"],
        "model_type": MODEL_TYPE,
        "dtype": "float32",
        "sample_rate": config.sample_rate,
        "codebook_size": config.codebook_size,
        "codebook_dim": config.codebook_dim,
        "target_bandwidths": [_bandwidth(config, count) for count in _bandwidth_steps(config)],
        "semantic_sample_rate": config.semantic_sample_rate,
        "downsample_factor": config.semantic_hop,
        "kernel_size": config.semantic_kernel_size,
        "unit_kernel_size": config.semantic_unit_kernel_size,
        "strides": list(config.semantic_strides),
        "channel_ratios": list(config.semantic_channel_ratios),
        "block_dilations": list(config.semantic_dilations),
        "acoustic_model_config": {
            "model_type": "dac",
            "encoder_hidden_size": acoustic.encoder_width,
            "decoder_hidden_size": acoustic.decoder_width,
            "hidden_size": acoustic.latent_size,
            "downsampling_ratios": list(acoustic.downsampling_ratios),
            "upsampling_ratios": list(acoustic.upsampling_ratios),
            "hop_length": config.hop_length,
            "codebook_size": config.codebook_size,
            "codebook_dim": config.codebook_dim,
            "n_codebooks": config.codebook_count,
            "sampling_rate": config.sample_rate,
        },
        "semantic_model_config": {
            **config.speech_model.settings,
            "mask_time_prob": 0.0,
            "model_type": config.speech_model.kind,
            "hidden_size": config.speech_model.hidden_size,
        },
    }


def _bandwidth(config: CodecConfig, codebooks: int) -> float:
    """The bandwidth that stands for so many codebooks, and is read back as exactly that many."""
    kilobits_each = config.frame_rate * config.code_bits / 1000
    kilobits = codebooks * kilobits_each
    # The format's readers divide in either unit.
    while min(codebooks_of_bandwidth(config, kilobits), kilobits // kilobits_each) < codebooks:
        kilobits = math.nextafter(kilobits, math.inf)
    return kilobits


def _bandwidth_steps(config: CodecConfig) -> list[int]:
    """A quarter, a half, three quarters and all of the codebooks, as the original offers."""
    count = config.codebook_count
    return sorted({max(1, count * quarter // 4) for quarter in (1, 2, 3, 4)})
