"""A language model that has learnt nothing: for tests and measurements, never a voice."""

from __future__ import annotations

import torch

from model.checkpoint.language_model import LanguageModel
from model.config.config import ModelConfig
from model.network.backbone import HiggsModel


def random_model(
    config: ModelConfig,
    seed: int = 0,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
    with_text_head: bool = True,
) -> LanguageModel:
    """Weights drawn from a normal distribution of the configuration's `initializer_range`."""
    with torch.device("meta"):
        network = HiggsModel(config, with_text_head)
    generator = torch.Generator(device).manual_seed(seed)
    drawn = {}
    for name, empty in network.state_dict().items():
        weight = torch.empty(empty.shape, dtype=dtype, device=device)
        if weight.dim() > 1:
            drawn[name] = weight.normal_(0.0, config.initializer_range, generator=generator)
        else:
            drawn[name] = weight.fill_(0.0 if name.endswith("bias") else 1.0)
    network.load_state_dict(drawn, assign=True)
    return LanguageModel(config, network.to(device).eval())
