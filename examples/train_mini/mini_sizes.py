"""The sizes of the mini codec: the shape of the real one, made narrow."""

from tokenizer.codec.config import AcousticConfig, CodecConfig, SpeechModelConfig

CODEC = CodecConfig(
    acoustic=AcousticConfig(encoder_width=16, decoder_width=256, latent_size=64),
    codebook_count=8,
    codebook_size=256,
    codebook_dim=64,
    speech_model=SpeechModelConfig(
        kind="hubert",
        hidden_size=64,
        settings={
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "intermediate_size": 192,
            "conv_dim": [32, 48, 64, 64, 64, 64, 64],
            "num_conv_pos_embeddings": 16,
            "num_conv_pos_embedding_groups": 4,
            "feat_extract_norm": "group",
            "hidden_dropout": 0.0,
            "attention_dropout": 0.0,
            "activation_dropout": 0.0,
            "feat_proj_dropout": 0.0,
            "layerdrop": 0.0,
        },
    ),
)
