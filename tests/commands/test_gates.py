"""Gates as a person meets them: what is missing is said, and what judged; nothing heard twice."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from higgs_cli.checks import gates
from higgs_cli.checks.gate_sources import GateSources
from higgs_cli.checks.words import WordsNorm
from higgs_cli.jobs import gates as job_gates
from higgs_cli.listening.hearing import Hearing
from higgs_cli.listening.listener import ListenerSource
from higgs_cli.planning.plan import Chunk
from higgs_cli.settings.views import GateChoice
from higgs_cli.takes.take import Finding
from tests.fake_ears import MODULE, CountGate
from tests.fakes import FakeSynthesizer
from tests.helpers import ROOT, CommandLine, start_fake
from tests.rendering.test_render_loop import mishap_at

TALK = "".join(f"[SPEAKER0] This is line number {n} of the talk we have.\n\n" for n in range(12))
VOICES = ROOT / "voices" / "profile.yaml"
RENDER = ("render", "talk.txt", "-o", "talk.wav")
DROPPED = mishap_at("number seven", "dropped", attempts=1)


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    line = CommandLine(tmp_path, monkeypatch, capsys)
    line.write("talk.txt", TALK)
    return line


Listen = Callable[..., None]


@pytest.fixture
def listen(monkeypatch: pytest.MonkeyPatch) -> Listen:
    """A recogniser is here, that hears a word in every tone."""

    def counted(
        chunk: Chunk, hearing: Hearing, norm: WordsNorm, language: str, names: Collection[str]
    ) -> Finding | None:
        return CountGate().finding(chunk, hearing, 0)

    monkeypatch.setattr(gates, "words_finding", counted)

    def name(identity: str = "counting-1", **settings: str) -> None:
        source = ListenerSource(MODULE, identity, settings, "a counter")
        found = GateSources({"words": source}, "not compared with the script: voice (none)")
        monkeypatch.setattr(job_gates, "gate_sources", lambda *_: found)

    name()
    return name


def manifest(higgs: CommandLine, name: str = "talk.json") -> dict[str, object]:
    document: dict[str, object] = json.loads((higgs.folder / name).read_text())
    return document


def test_what_is_missing_is_said_once_with_what_brings_it(higgs: CommandLine) -> None:
    ran = higgs(*RENDER)
    lines = [line for line in ran.stderr.splitlines() if "not compared with the script:" in line]
    assert ran.exit_code == 0 and len(lines) == 1
    assert "words (" in lines[0] and "voice (" in lines[0] and "--speaker-print FILE" in lines[0]
    assert "words and voices were not compared" in ran.stderr.splitlines()[-1]
    assert "gates" not in manifest(higgs)


def test_on_a_card_one_process_hears_or_as_many_as_are_asked_for() -> None:
    card = ListenerSource(MODULE, "counting-1", {"device": "cuda"}, "a counter")
    assert job_gates._process_count(card, GateChoice()) == 1
    assert job_gates._process_count(card, GateChoice(gate_workers=10)) == 10


def test_what_is_asked_for_and_missing_is_a_mistake(higgs: CommandLine) -> None:
    ran = higgs(*RENDER, "--gates", "voice")
    assert ran.exit_code == 2 and "no speaker print is named" in ran.stderr
    assert higgs(*RENDER, "--gates", "wrods").exit_code == 2
    assert higgs(*RENDER, "--recognizer", "nobody").exit_code == 2
    assert higgs(*RENDER, "--speaker-print", "none.safetensors").exit_code == 2
    assert higgs("plan", "talk.txt", "--gates", "voice").exit_code == 2
    assert higgs.synthesizer.chunks_spoken == []


def test_a_folder_that_is_no_recogniser_is_a_mistake(higgs: CommandLine) -> None:
    (higgs.folder / "whisper").mkdir()
    ran = higgs(*RENDER, "--recognizer", "whisper")
    assert ran.exit_code == 2 and "it has no model.bin" in ran.stderr


def test_weights_of_another_kind_are_a_mistake_before_the_model_is_opened(
    higgs: CommandLine,
) -> None:
    (higgs.folder / "whisper").mkdir()
    for name in ("model.bin", "config.json", "tokenizer.json"):
        higgs.write(f"whisper/{name}", "something else")
    ran = higgs(*RENDER, "--recognizer", "whisper")
    assert ran.exit_code == 2 and "model.bin is something else" in ran.stderr
    ran = higgs(*RENDER, "--speaker-print", "talk.txt")
    assert ran.exit_code == 2 and "talk.txt: no weights in safetensors" in ran.stderr
    higgs.write("other.safetensors", "\2\0\0\0\0\0\0\0{}")
    assert higgs(*RENDER, "--speaker-print", "other.safetensors").exit_code == 2
    assert not higgs.synthesizer.is_prepared and not (higgs.folder / "talk.higgs").exists()


def test_without_gates_nothing_is_said_of_them(higgs: CommandLine) -> None:
    ran = higgs(*RENDER, "--gates", "none")
    assert "not compared with the script:" not in ran.stderr


def test_a_render_says_what_judged_and_what_it_found(higgs: CommandLine, listen: Listen) -> None:
    higgs.synthesizer = FakeSynthesizer(mishap=mishap_at("number seven", "dropped"))
    ran = higgs(*RENDER, "--report", "talk.html", "--findings", "talk.csv", "--retries", "1")
    assert ran.exit_code == 1
    assert "1 failed, 0 doubtful by sound, rate and words (voices were not compared" in ran.stderr
    assert "failed: #8" in ran.stderr and "words: 1 words are missing" in ran.stderr
    assert "words: 1 words are missing" in (higgs.folder / "talk.csv").read_text()
    assert "1 words are missing" in (higgs.folder / "talk.html").read_text()
    judged = {"gate": "words", "listener_name": "a counter", "listener": "counting-1"}
    assert manifest(higgs)["gates"] == [judged]
    assert higgs("verify", "talk.wav").exit_code == 0


def test_what_is_too_short_to_be_compared_is_counted(higgs: CommandLine, listen: Listen) -> None:
    higgs.write("talk.txt", TALK + "[SPEAKER1] Yes.\n")
    ran = higgs(*RENDER)
    assert "1 chunk was too short to compare words" in ran.stderr
    summary = json.loads(higgs(*RENDER, "--json").stdout.splitlines()[-1])
    assert summary["too_short"] == {"words": 1}


def test_a_plan_says_what_will_be_heard(higgs: CommandLine, listen: Listen) -> None:
    assert "heard and compared: words by a counter" in higgs("plan", "talk.txt").stdout
    document = json.loads(higgs("plan", "talk.txt", "--json").stdout)
    assert document["gates"] == [{"gate": "words", "listener_name": "a counter"}]


def test_a_book_that_was_heard_stays_as_it_is_by_every_way(
    higgs: CommandLine, listen: Listen
) -> None:
    higgs.synthesizer = FakeSynthesizer(mishap=DROPPED)
    assert higgs(*RENDER).exit_code == 0
    assert len(higgs.synthesizer.chunks_spoken) == 13
    audio, said = (higgs.folder / "talk.wav").read_bytes(), manifest(higgs)
    listen(refuses="nothing is to be heard")
    higgs.synthesizer = FakeSynthesizer()
    for command in (
        RENDER,
        ("render", "--from", "talk.json", "-o", "talk.wav"),
        ("render", "--from", "talk.json", "-o", "other.wav", "--store", "talk.higgs"),
        (*RENDER, "--pause-turn", "0.7"),
        RENDER,
    ):
        ran = higgs(*command)
        assert ran.exit_code == 0, (command, ran.stderr)
    assert higgs.synthesizer.chunks_spoken == []
    assert (higgs.folder / "talk.wav").read_bytes() == audio
    assert (higgs.folder / "other.wav").read_bytes() == audio
    assert manifest(higgs) == said


def test_another_recogniser_judges_again_and_speaks_nothing(
    higgs: CommandLine, listen: Listen
) -> None:
    higgs.synthesizer = FakeSynthesizer(mishap=DROPPED)
    assert higgs(*RENDER).exit_code == 0
    audio = (higgs.folder / "talk.wav").read_bytes()
    listen("counting-2")
    higgs.synthesizer = FakeSynthesizer()
    assert higgs(*RENDER).exit_code == 0
    assert higgs.synthesizer.chunks_spoken == [] and not higgs.synthesizer.is_prepared
    assert (higgs.folder / "talk.wav").read_bytes() == audio
    assert "counting-2" in (higgs.folder / "talk.json").read_text()


def test_an_ear_that_keeps_dying_ends_a_render_that_goes_on_later(
    higgs: CommandLine, listen: Listen
) -> None:
    died = str(higgs.folder / "died")
    listen(dies=died, times="4")
    higgs.synthesizer = FakeSynthesizer(mishap=DROPPED)
    ran = higgs(*RENDER)
    assert ran.exit_code == 1 and "has ended twice" in ran.stderr
    assert not (higgs.folder / "talk.wav").exists()
    listen()
    spoken = len(higgs.synthesizer.chunks_spoken)
    assert higgs(*RENDER).exit_code == 0
    assert len(higgs.synthesizer.chunks_spoken) <= 13 and spoken > 0


def test_books_of_a_batch_are_heard_each_by_itself(higgs: CommandLine, listen: Listen) -> None:
    for name in ("one", "two"):
        higgs.write(f"books/{name}.txt", TALK.replace("talk", name))
    for name in ("01", "02"):
        higgs.write(f"books/saga/{name}.txt", TALK.replace("talk", f"saga {name}"))
    higgs.synthesizer = FakeSynthesizer(mishap=DROPPED)
    ran = higgs("batch", "books", "-o", "audio")
    assert ran.exit_code == 0, ran.stderr
    assert len(higgs.synthesizer.chunks_spoken) == 4 * 13
    for path in ("one.json", "two.json", "saga/01.json", "saga/02.json"):
        assert "counting-1" in (higgs.folder / "audio" / path).read_text()
    listen(refuses="nothing is to be heard")
    higgs.synthesizer = FakeSynthesizer()
    assert higgs("batch", "books", "-o", "audio").exit_code == 0
    assert higgs.synthesizer.chunks_spoken == []


def test_the_recordings_of_a_cast_are_heard_once(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = ListenerSource(MODULE, "prints-1", {"prints": "yes"}, "a print")
    monkeypatch.setattr(job_gates, "gate_sources", lambda *_: GateSources({"voice": source}))
    command = (*RENDER, "--ref-audio", "marigold", "--voices", str(VOICES))
    ran = higgs(*command)
    assert ran.exit_code == 0, ran.stderr
    assert "by sound, rate and voice (words were not compared" in ran.stderr
    heard = [path.read_bytes() for path in (higgs.folder / "talk.higgs").glob("hearings/*/*.heard")]
    assert sum(b"recording " in each for each in heard) == 1
    source = ListenerSource(MODULE, "prints-1", {"refuses": "nothing is to be heard"}, "a print")
    assert "nothing has changed" in higgs(*command).stderr
    for path in (higgs.folder / "talk.higgs").glob("hearings/*/*.heard"):
        if b"recording " in path.read_bytes():
            path.unlink()
    assert higgs(*command).exit_code == 1


SLEEPING = """
from higgs_cli.checks.gate_sources import GateSources
from higgs_cli.jobs import gates
from higgs_cli.listening.listener import ListenerSource
source = ListenerSource("tests.fake_ears", "slow", {"sleeps": "ear.pid"}, "a sleeper")
gates.gate_sources = lambda *_: GateSources({"words": source})
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_render_that_is_stopped_leaves_no_ear_behind(
    tmp_path: Path, number: signal.Signals
) -> None:
    (tmp_path / "talk.txt").write_text(TALK)
    child = start_fake(tmp_path, *RENDER, before=SLEEPING)
    process = _ear_of(tmp_path / "ear.pid")
    began = time.monotonic()
    child.send_signal(number)
    child.communicate(timeout=30)
    assert child.returncode in (-number, 128 + number)
    assert time.monotonic() - began < 10
    _wait(lambda: _has_ended(process))


def _ear_of(path: Path) -> Path:
    _wait(lambda: path.exists() and bool(path.read_text()))
    return Path("/proc") / path.read_text()


def _has_ended(process: Path) -> bool:
    """Gone, or waiting to be counted by a system that has nobody else to do so."""
    try:
        return "\nState:\tZ" in (process / "status").read_text()
    except OSError:
        return True


def _wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.05)
