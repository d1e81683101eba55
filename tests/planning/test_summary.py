"""What a plan says of stored takes, of time and of what is read otherwise than written."""

from __future__ import annotations

import json

import pytest

from higgs_cli.planning.summary import NothingStored, summarise
from higgs_cli.terminal.console import Console
from higgs_cli.terminal.plan_view import duration, show_plan
from tests.planning.planning_fixtures import planned

TALK = "[SPEAKER0] Dr. Lee has come at last.\n[SPEAKER1] And now he goes away again.\n"


class HalfStored:
    """A store that has every other take."""

    def why_missing(self, number: int) -> str | None:
        return "changed: seed" if number % 2 else None


def test_only_what_is_missing_costs_time() -> None:
    plan = planned(TALK)
    summary = summarise(plan, HalfStored(), times_real_time=2.0)
    assert dict(summary.missing) == {1: "changed: seed"}
    assert summary.render_seconds == pytest.approx(plan.chunks[1].seconds / 2)
    assert summarise(plan, NothingStored(), None).render_seconds is None


def test_it_is_shown_to_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    show_plan(summarise(planned(TALK, expands=True), HalfStored(), 2.0), Console(), shows_all=True)
    shown = capsys.readouterr().out
    assert "stored: 1; to be spoken: 1 (1 changed: seed)" in shown
    assert "rendering takes about 1.2 s here (2.0 times real time before)" in shown
    assert "1\t1\tSPEAKER0\tstart 0\t2.4\tstored\tDoctor Lee has come at last." in shown


def test_the_document_is_json_and_complete() -> None:
    document = summarise(planned(TALK), HalfStored(), 2.0).document()
    assert json.loads(json.dumps(document)) == document
    assert [chunk["why"] for chunk in document["chunks"]] == [None, "changed: seed"]
    assert document["totals"]["missing_chunks"] == 1


@pytest.mark.parametrize(
    ("seconds", "text"), [(4.25, "4.2 s"), (200, "3 min 20 s"), (3725, "1 h 02 min")]
)
def test_durations_are_short_to_read(seconds: float, text: str) -> None:
    assert duration(seconds) == text
