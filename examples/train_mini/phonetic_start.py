"""Give the codec's first codebook the sounds of speech, and leave the other seven the rest.

The fused latent is kept as it comes (fc is the identity): acoustic channels first, then the features of the
phone-trained speech model. Book 0 sees only the features, in coordinates in which distance is distance between
phone logits; the other books see only the acoustic channels. All of it are weights of the ordinary classes.
"""

import torch
from torch import Tensor, nn

from tokenizer.codec.network import CodecNetwork
from tokenizer.codec.quantizer import Quantizer


@torch.no_grad()
def start_phonetically(network: CodecNetwork, heads: Tensor, features: Tensor) -> None:
    """`heads` [logits, hidden] are the phone heads; `features` [lanes, hidden, frames] a real batch."""
    _pass_through(network.encoder_semantic)
    network.fc.weight.copy_(torch.eye(len(network.fc.weight)))
    network.fc.bias.zero_()
    first, *others = list(network.quantizer.quantizers)
    _see_phones(first, heads, features.transpose(1, 2).flatten(0, 1))
    for quantizer in others:
        _see_acoustics(quantizer)
    for part in (network.encoder_semantic, network.fc, *(q.project_in for q in (first, *others))):
        part.requires_grad_(False)
    for quantizer in (first, *others):
        quantizer.project_out.requires_grad_(False)


def _pass_through(part: nn.Module) -> None:
    """Every residual branch says nothing, every other convolution repeats its input."""
    for name, layer in part.named_modules():
        if not isinstance(layer, nn.Conv1d):
            continue
        layer.weight.zero_()
        if layer.bias is not None:
            layer.bias.zero_()
        if "res_units" not in name:
            layer.weight[:, :, layer.kernel_size[0] // 2] = torch.eye(layer.in_channels)


def _see_phones(quantizer: Quantizer, heads: Tensor, points: Tensor) -> None:
    mean = points.mean(dim=0)
    # Two phones side by side: remove what shifts all logits alike, it tells nothing.
    centred = (
        heads.view(2, -1, heads.shape[1]) - heads.view(2, -1, heads.shape[1]).mean(1, keepdim=True)
    ).flatten(0, 1)
    _, sizes, directions = torch.linalg.svd(centred, full_matrices=False)
    inward = sizes.clamp(min=1e-3)[:, None] * directions
    scale = (points - mean).matmul(inward.t()).std()
    _set(quantizer, inward / scale, mean, slice(-len(mean), None))


def _see_acoustics(quantizer: Quantizer) -> None:
    size = quantizer.project_in.out_features
    _set(quantizer, torch.eye(size), torch.zeros(size), slice(0, size))


def _set(quantizer: Quantizer, inward: Tensor, mean: Tensor, channels: slice) -> None:
    """z = inward (x - mean) over some channels, and the way back."""
    quantizer.project_in.weight.zero_()
    quantizer.project_in.weight[:, channels] = inward
    quantizer.project_in.bias.copy_(-inward @ mean)
    quantizer.project_out.weight.zero_()
    quantizer.project_out.weight[channels] = torch.linalg.pinv(inward)
    quantizer.project_out.bias.zero_()
    quantizer.project_out.bias[channels] = mean
