"""Which chunks are the context of a chunk: the picture of the module, the limits, and the
replay."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.errors import GenerationError
from model.runs.context_window import ContextPiece, ContextWindow, longest_stream, window_before
from model.runs.prompt import Prompt
from model.runs.run import ChunkRequest, RunRequest

BOOKS = 8
ROOMY = 10**6


def run_of(context_chunks: int, count: int = 12, budget: int = 50, prefix: int = 10) -> RunRequest:
    chunks = tuple(ChunkRequest(f"c{n}", Prompt((1,) * 5), budget) for n in range(count))
    return RunRequest("run", Prompt((1,) * prefix), chunks, (2, 3), context_chunks=context_chunks)


def context(context_chunks: int, count: int, positions: int = ROOMY) -> list[tuple[int, ...]]:
    run = run_of(context_chunks, count)
    frames = dict.fromkeys(range(count), 30)
    return [window_before(n, run, frames, positions, BOOKS).chunks for n in range(count)]


def test_two_chunks_survive_a_rebase_as_in_the_picture() -> None:
    expected = [(), (0,), (0, 1), (0, 1, 2), (2, 3), (2, 3, 4), (4, 5), (4, 5, 6)]
    assert context(2, 8) == expected


def test_none_survives_where_none_is_asked_for() -> None:
    assert context(0, 4) == [(), (), (), ()]
    assert context(1, 5) == [(), (0,), (1,), (2,), (3,)]


def test_pieces_are_as_in_the_picture() -> None:
    run, frames = run_of(2), dict.fromkeys(range(12), 30)
    assert window_before(2, run, frames, ROOMY, BOOKS).pieces(2) == [
        ContextPiece((), 0, begins_anew=True),
        ContextPiece((0,), 1, begins_anew=False),
        ContextPiece((1,), 2, begins_anew=False),
    ]
    assert window_before(5, run, frames, ROOMY, BOOKS).pieces(5) == [
        ContextPiece((2, 3), 4, begins_anew=True),
        ContextPiece((4,), 5, begins_anew=False),
    ]


def test_a_chunk_given_up_is_in_no_context_and_the_rest_is_prefilled_anew() -> None:
    run = run_of(4)
    window = window_before(3, run, {0: 30, 2: 30}, ROOMY, BOOKS)
    assert window.chunks == (0, 2)
    assert window.pieces(3)[0] == ContextPiece((0,), 2, begins_anew=True)


counts = st.lists(st.integers(0, 50), min_size=12, max_size=12)


@settings(deadline=None)
@given(frames=counts, keep=st.integers(0, 5), positions=st.integers(90, 900))
def test_the_cache_always_holds_what_a_chunk_may_need(
    frames: list[int], keep: int, positions: int
) -> None:
    run, taken = run_of(keep), dict(enumerate(frames))
    for chunk in range(12):
        window = window_before(chunk, run, taken, positions, BOOKS)
        held = sum(5 + frames[n] + BOOKS + 1 + 2 for n in window.chunks)
        assert 10 + held + 5 + longest_stream(run.chunks[chunk], BOOKS) + 1 <= positions
        assert window.chunks == tuple(range(chunk - len(window.chunks), chunk))
        assert len(window.chunks) < max(2 * keep, 1) or not window.chunks


@settings(deadline=None)
@given(frames=counts, keep=st.integers(0, 3), positions=st.integers(120, 600))
def test_each_chunk_only_adds_pieces_or_begins_anew(
    frames: list[int], keep: int, positions: int
) -> None:
    run, taken = run_of(keep), dict(enumerate(frames))
    before: list[ContextPiece] = []
    for chunk in range(12):
        pieces = window_before(chunk, run, taken, positions, BOOKS).pieces(chunk)
        assert pieces[:-1] == before or len(pieces) == 1
        assert pieces[-1].prompt == chunk
        before = pieces


def test_a_chunk_that_cannot_fit_is_named() -> None:
    with pytest.raises(GenerationError, match=r"'c0' of run 'run' needs 83"):
        window_before(0, run_of(2), {}, 82, BOOKS)


def test_a_window_keeps_its_last_chunks() -> None:
    assert ContextWindow((0, 1, 2), 0).rebased(0) == ContextWindow((), 0)
    assert ContextWindow((0, 1, 2), 0).rebased(2) == ContextWindow((1, 2), 2)
