"""Gradient checkpointing of the acoustic blocks: recomputed in the backward pass, not kept.

Slower by a forward pass, and far smaller: between the blocks alone a crop's layers are kept.
"""

from __future__ import annotations

from functools import partial

from torch.utils.checkpoint import checkpoint

from tokenizer.codec.network import CodecNetwork


def recompute_blocks(network: CodecNetwork) -> None:
    """From here on, for the blocks of the acoustic encoder and decoder; names stay as they are."""
    for blocks in (network.acoustic_encoder.block, network.acoustic_decoder.block):
        for block in blocks:
            # Nothing in a block is drawn at random, so there is no state of chance to keep.
            block.forward = partial(
                checkpoint, block.forward, use_reentrant=False, preserve_rng_state=False
            )
