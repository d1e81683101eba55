"""Gates judge what a request asks to have judged, where it comes whole; others go on."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from pathlib import Path

import pytest

from higgs_cli.errors import HearingFailedError, HiggsError, UsageError
from higgs_cli.jobs import gates as job_gates
from higgs_cli.listening.ears import Hearings, Sounds
from higgs_cli.server import request_gates
from higgs_cli.server.asked import FieldError
from higgs_cli.server.request_gates import check_gates, heedful
from higgs_cli.settings.views import GateChoice
from higgs_cli.takes.take import Verdict
from tests.commands.test_gates import Listen
from tests.commands.test_gates import listen as listen_in_jobs
from tests.fakes import FakeSynthesizer
from tests.rendering.test_render_loop import mishap_at
from tests.server.serving import LINE, fake_client, fake_service, run, said, streamed

__all__ = ["listen_in_jobs"]

SPEECH = "/v1/audio/speech"


@pytest.fixture
def listen(listen_in_jobs: Listen, monkeypatch: pytest.MonkeyPatch) -> Listen:
    """The recogniser of a render is the server's too."""
    monkeypatch.setattr(request_gates, "gate_sources", lambda *of: job_gates.gate_sources(*of))
    return listen_in_jobs


def dropping(attempts: int) -> FakeSynthesizer:
    """A word of the line is missing in its first takes."""
    return FakeSynthesizer(mishap=mishap_at("lamp was out", "dropped", attempts=attempts))


def test_a_take_whose_words_differ_is_spoken_again(listen: Listen) -> None:
    async def work() -> None:
        synthesizer = dropping(attempts=1)
        async with fake_service(synthesizer) as service:
            unheard = await service.whole(said())
            assert unheard.verdict is Verdict.PASS
            heard = await service.whole(said(gates=("words",)))
            assert heard.verdict is Verdict.PASS and not heard.findings
            assert synthesizer.chunks_spoken == [LINE, LINE, LINE]
            assert (heard.samples != unheard.samples).any()

    run(work)


def test_what_fails_to_the_end_is_told_with_its_place(listen: Listen) -> None:
    body = {"input": LINE, "voice": "marigold", "response_format": "wav", "gates": ["words"]}

    async def work() -> None:
        async with fake_client(synthesizer=dropping(attempts=9)) as client:
            answer = await client.post(SPEECH, json=body)
            assert answer.status_code == 200 and answer.content.startswith(b"RIFF")
            assert answer.headers["x-higgs-verdict"] == "fail"
            assert answer.headers["x-higgs-findings"] == "1"
            told = (await client.post(f"{SPEECH}/timestamps", json=body)).json()
            assert told["verdict"] == "fail"
            (finding,) = told["findings"]
            assert finding["check"] == "words" and finding["text"] == LINE
            assert finding["start"] == 0 and finding["end"] == told["duration"]
            good = await client.post(SPEECH, json={**body, "gates": []})
            assert good.headers["x-higgs-verdict"] == "pass"

    run(work)


def test_gates_are_not_for_what_is_streamed(listen: Listen) -> None:
    asked = {"input": LINE, "voice": "marigold", "gates": ["words"]}

    async def work() -> None:
        async with fake_client() as client:
            for more in ({}, {"response_format": "wav", "stream_format": "sse"}):
                refused = await client.post(SPEECH, json={**asked, **more})
                error = refused.json()["error"]
                assert refused.status_code == 400 and error["param"] == "gates"
                assert error["type"] == "invalid_request_error" and "checked" in error["message"]
            for more in ({}, {"stream_format": "sse"}):
                whole = await client.post(SPEECH, json={**asked, "checked": True, **more})
                assert whole.status_code == 200 and whole.headers["x-higgs-verdict"] == "pass"
        async with fake_service() as service:
            with pytest.raises(FieldError):
                await streamed(service, said(gates=("words",)))

    run(work)


def test_others_are_served_while_takes_are_heard(listen: Listen, tmp_path: Path) -> None:
    listen(identity="slow", sleeps=str(tmp_path / "pid"))

    async def work() -> None:
        async with fake_service() as service:
            heard = asyncio.ensure_future(service.whole(said(gates=("words",))))
            while not (tmp_path / "pid").exists():
                await asyncio.sleep(0.05)
            assert len(await streamed(service, said())) > 0
            assert (await service.whole(said())).seconds > 0
            assert not heard.done()
            heard.cancel()

    run(work)


def test_ears_that_fail_end_one_request_alone(listen: Listen, tmp_path: Path) -> None:
    listen(identity="dying", dies=str(tmp_path / "died"), times="99")

    async def work() -> None:
        async with fake_service() as service:
            others = [asyncio.ensure_future(service.whole(said())) for _ in range(3)]
            with pytest.raises(HearingFailedError):
                await service.whole(said(gates=("words",)))
            assert all(each.seconds > 0 for each in await asyncio.gather(*others))
            assert service.open_count == 0

    run(work)


def test_a_take_that_is_awaited_is_unheard_where_its_ears_fail() -> None:
    class NoEars:
        def hear(self, sounds: Sounds, *, at_once: bool = False) -> Future[Hearings]:
            failed: Future[Hearings] = Future()
            failed.set_exception(HearingFailedError("gone"))
            return failed

    told: list[HiggsError] = []
    ears = heedful({"who": NoEars()}, told.append)
    assert ears["who"].hear(list, at_once=True).result() == [None]
    assert [str(each) for each in told] == ["gone"]


def test_a_gate_that_is_not_here_is_named(tmp_path: Path) -> None:
    body = {"input": LINE, "voice": "marigold", "response_format": "wav", "gates": ["voice"]}

    async def work() -> None:
        async with fake_client() as client:
            error = (await client.post(SPEECH, json=body)).json()["error"]
            assert error["param"] == "gates" and "speaker print" in error["message"]
            odd = await client.post(SPEECH, json={**body, "gates": ["smell"]})
            assert odd.status_code == 400 and odd.json()["error"]["param"].startswith("gates")

    run(work)
    with pytest.raises(UsageError):
        check_gates(GateChoice(recognizer=str(tmp_path)), "en")
