"""The profile of a book times functions that exist, each on the thread it runs on."""

from __future__ import annotations

import threading
from unittest.mock import patch

import pytest

from bench.profiling import BOOK_STAGES, stages


@pytest.mark.parametrize("path", BOOK_STAGES.values())
def test_every_stage_of_a_book_is_a_function_of_the_program(path: str) -> None:
    assert callable(patch(path).get_original()[0])


def test_time_is_counted_in_every_thread_and_when_something_is_raised() -> None:
    with stages({"summing": "math.fsum", "rooting": "math.sqrt"}) as spent:
        import math

        thread = threading.Thread(target=lambda: math.fsum(range(200_000)))
        thread.start()
        thread.join()
        with pytest.raises(ValueError):
            math.sqrt(-1)
    assert spent["summing"] > 0 and spent["rooting"] >= 0 and len(spent) == 2
    assert math.sqrt(4) == 2
