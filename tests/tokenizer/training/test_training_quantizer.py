"""The quantizer's training: k-means start, running means, revival, and processes in step."""

import threading

import pytest
import torch

from tokenizer.codec.config import AcousticConfig, CodecConfig, SpeechModelConfig
from tokenizer.codec.quantizer import ResidualQuantizer
from tokenizer.training.quantizer_training import QuantizerTraining

WIDTH = 12


def small_quantizer(books: int = 3, size: int = 16) -> ResidualQuantizer:
    config = CodecConfig(
        acoustic=AcousticConfig(encoder_width=2, decoder_width=64, latent_size=8),
        speech_model=SpeechModelConfig(hidden_size=4),
        codebook_count=books,
        codebook_size=size,
        codebook_dim=6,
    )
    torch.manual_seed(0)
    return ResidualQuantizer(config)


def blobs(lanes: int = 4, frames: int = 50) -> torch.Tensor:
    """Points around eight centres: [lanes, width, frames]."""
    source = torch.Generator().manual_seed(1)
    centres = torch.randn(8, WIDTH, generator=source) * 3
    chosen = centres[torch.randint(8, (lanes, frames), generator=source)]
    return (chosen + 0.1 * torch.randn(chosen.shape, generator=source)).transpose(1, 2)


def identity_projections(quantizer: ResidualQuantizer) -> None:
    for stage in quantizer.quantizers:
        for layer in (stage.project_in, stage.project_out):
            torch.nn.init.eye_(layer.weight)
            torch.nn.init.zeros_(layer.bias)


def test_a_kmeans_start_explains_most_of_what_random_entries_do_not():
    quantizer = small_quantizer()
    identity_projections(quantizer)
    latent = blobs()
    QuantizerTraining(quantizer).start(latent)
    seen = latent[:, :6]
    told = quantizer.decode(quantizer.encode(latent))[:, :6]
    assert (told - seen).square().mean() < 0.05 * seen.var()


def test_running_means_move_entries_to_their_points():
    quantizer = small_quantizer(books=1)
    training = QuantizerTraining(quantizer)
    latent = blobs()
    training.start(latent)
    moved = latent + 0.5
    before = training.quantize(moved, learn=False).commitment
    for _ in range(200):
        training.quantize(moved, learn=True)
    assert training.quantize(moved, learn=False).commitment < 0.5 * before


def test_dead_entries_are_brought_back_among_the_points():
    quantizer = small_quantizer(books=1)
    training = QuantizerTraining(quantizer)
    latent = blobs()
    training.start(latent)
    book = quantizer.quantizers[0].codebook
    book.embed[:8] = 1e4
    book.embed_avg[:8] = 1e4
    book.cluster_size[:8] = 0.0
    for _ in range(3):
        training.quantize(latent, learn=True)
    assert book.embed.abs().max() < 100


def test_gradients_pass_straight_through_to_the_latent():
    quantizer = small_quantizer()
    training = QuantizerTraining(quantizer)
    latent = blobs().requires_grad_()
    training.start(latent.detach())
    training.quantize(latent, learn=False).latent.sum().backward()
    assert torch.equal(latent.grad, torch.ones_like(latent))


def test_learning_stops_where_it_is_switched_off():
    quantizer = small_quantizer()
    training = QuantizerTraining(quantizer)
    training.start(blobs())
    before = {name: value.clone() for name, value in quantizer.state_dict().items()}
    training.quantize(blobs() + 1, learn=False)
    assert all(torch.equal(value, before[name]) for name, value in quantizer.state_dict().items())


class Meeting:
    """Two threads that add up tensors as two processes would."""

    def __init__(self) -> None:
        self._barrier = threading.Barrier(2, timeout=30)
        self._given: dict[int, torch.Tensor] = {}

    def add_up(self, number: int, tensor: torch.Tensor) -> torch.Tensor:
        self._given[number] = tensor
        self._barrier.wait()
        total = self._given[0] + self._given[1]
        self._barrier.wait()
        return total


def test_two_processes_keep_equal_codebooks():
    meeting, quantizers = Meeting(), [small_quantizer(), small_quantizer()]
    latent = blobs(lanes=8)

    def work(number: int) -> None:
        def add_up(tensor: torch.Tensor) -> torch.Tensor:
            return meeting.add_up(number, tensor)

        def share(tensor: torch.Tensor) -> torch.Tensor:
            return meeting.add_up(number, tensor * float(number == 0))

        training = QuantizerTraining(quantizers[number], add_up, share)
        mine = latent[number * 4 : number * 4 + 4]
        training.start(mine)
        for _ in range(5):
            training.quantize(mine, learn=True)

    threads = [threading.Thread(target=work, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    states = [quantizer.state_dict() for quantizer in quantizers]
    for name in states[0]:
        assert torch.equal(states[0][name], states[1][name]), name


@pytest.mark.parametrize("learn", [True, False])
def test_the_codes_are_those_the_codec_itself_would_choose(learn: bool):
    quantizer = small_quantizer()
    training = QuantizerTraining(quantizer)
    training.start(blobs())
    expected = quantizer.encode(blobs())
    assert torch.equal(training.quantize(blobs(), learn=learn).codes, expected)
