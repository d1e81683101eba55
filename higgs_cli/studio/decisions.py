"""What a person decides of a line: this take, a lock, the lock's end; written at once.

Decisions have a lock of their own, so they are written beside a running render too, which goes by
them at its next mastering.
"""

from __future__ import annotations

from higgs_cli.errors import UsageError
from higgs_cli.planning.places import chunk_place
from higgs_cli.studio.book import Standing, StudioBook
from higgs_cli.studio.conflict import NotHereError, check_seen
from higgs_cli.studio.lines import choice_version
from higgs_cli.takes.choices import Choice
from higgs_cli.takes.ledger import ChunkState


def choose(book: StudioBook, line: str, attempt: int, seen: str) -> None:
    """This take is used, and kept whatever is asked later."""
    standing, state = _state(book, line)
    if attempt not in [record.attempt for record in state.records]:
        raise NotHereError("this take is not stored any more")
    said = f"take {attempt + 1} of {_place(standing, line)} is used"
    _change(book, standing, state, seen, Choice(attempt, True, attempt), said)


def lock(book: StudioBook, line: str, seen: str) -> None:
    """The take that is used now is kept."""
    standing, state = _state(book, line)
    if state.best is None:
        raise UsageError("nothing of this line was spoken yet, so there is nothing to keep")
    attempt = state.best.attempt
    said = f"{_place(standing, line)} is locked"
    _change(book, standing, state, seen, Choice(attempt, True, attempt), said)


def unlock(book: StudioBook, line: str, seen: str) -> None:
    """It may be spoken again."""
    standing, state = _state(book, line)
    _change(book, standing, state, seen, Choice(), f"{_place(standing, line)} is unlocked")


def check_may_be_spoken_again(book: StudioBook, line: str, seen: str) -> None:
    """Before another take is asked for."""
    standing, state = _state(book, line)
    choice = standing.store.choice(state.key)
    check_seen("this line", seen, choice_version(choice))
    if choice.is_locked:
        raise UsageError(f"{_place(standing, line)} is locked", hint="unlock it first")


def spoken_again(book: StudioBook, key: str, place: str, before: Choice) -> None:
    """Another take was spoken: a step that can be undone, as long as nothing else was decided."""
    standing = book.standing()
    after = standing.store.choice(key)
    if after != before:
        with book.changing:
            said = f"{place} was spoken again"
            book.history.add(said, lambda: _put_back(book, key, before, after))


def _change(
    book: StudioBook, standing: Standing, state: ChunkState, seen: str, wanted: Choice, said: str
) -> None:
    before = Choice()

    def changed(now: Choice) -> Choice:
        nonlocal before
        check_seen("this line", seen, choice_version(now))
        before = now
        return wanted

    with book.changing:
        standing.store.change_choice(state.key, changed)
        _heed(book, standing, state.key)
        if before != wanted:
            book.history.add(said, lambda: _put_back(book, state.key, before, wanted))


def _put_back(book: StudioBook, key: str, before: Choice, after: Choice) -> None:
    def changed(now: Choice) -> Choice:
        check_seen("this line", choice_version(after), choice_version(now))
        return before

    standing = book.standing()
    standing.store.change_choice(key, changed)
    _heed(book, standing, key)


def _heed(book: StudioBook, standing: Standing, key: str) -> None:
    for chunk in standing.plan.chunks:
        if standing.ledger.state(chunk.number).key == key:
            book.heed_choice(standing, chunk.number)


def _state(book: StudioBook, line: str) -> tuple[Standing, ChunkState]:
    standing = book.standing()
    return standing, standing.ledger.state(standing.chunk(line).number)


def _place(standing: Standing, line: str) -> str:
    return chunk_place(standing.chunk(line).number)
