"""The shapes that are measured: two small ones for a CPU, and the real one."""

from __future__ import annotations

from dataclasses import replace

from model.config.config import Llama3Scaling, ModelConfig, RopeConfig

PUBLIC_ROPE = RopeConfig(
    theta=500000.0,
    scaling=Llama3Scaling(
        factor=32.0,
        low_frequency_factor=0.125,
        high_frequency_factor=0.5,
        original_positions=1024,
    ),
)

SIZE_A = ModelConfig(
    vocab_size=2048,
    hidden_size=256,
    intermediate_size=768,
    layer_count=6,
    head_count=4,
    kv_head_count=2,
    head_dim=64,
    rms_norm_eps=1e-5,
    rope=PUBLIC_ROPE,
    codebook_count=8,
    rows_per_codebook=1026,
    stream_bos_id=1024,
    stream_eos_id=1025,
    audio_out_id=2000,
    audio_out_bos_id=2001,
    audio_delay_id=2002,
    pad_id=2003,
    eos_ids=(2004,),
    dual_ffn_layers=tuple(range(6)),
)
"""12.6 M parameters, 6.8 M of them read by an audio step."""

SIZE_B = replace(
    SIZE_A,
    hidden_size=384,
    intermediate_size=1152,
    layer_count=8,
    head_count=6,
    dual_ffn_layers=tuple(range(8)),
)
"""About 31 M parameters, 16.9 M of them read by an audio step."""

PUBLIC = replace(
    SIZE_A,
    vocab_size=128256,
    hidden_size=3072,
    intermediate_size=8192,
    layer_count=28,
    head_count=24,
    kv_head_count=8,
    head_dim=128,
    audio_out_id=128016,
    audio_out_bos_id=128013,
    audio_delay_id=128014,
    pad_id=128001,
    eos_ids=(128009,),
    dual_ffn_layers=tuple(range(28)),
)
"""The shape of the public 3B checkpoint, with random weights."""

SIZE_T = replace(
    SIZE_A, hidden_size=64, intermediate_size=96, layer_count=2, head_dim=16, dual_ffn_layers=(0, 1)
)
"""Only for trying scripts."""

SHAPES = {"T": SIZE_T, "A": SIZE_A, "B": SIZE_B, "3B": PUBLIC}
