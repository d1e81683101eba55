"""`higgs batch`: many books through one model, none of which notices the others."""

from __future__ import annotations

import json
import shutil
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from higgs_cli import pipeline, stopping
from higgs_cli.jobs import disk_need
from higgs_cli.jobs.finishing_line import MOST_WAITING
from higgs_cli.jobs.open_book import OpenBook
from higgs_cli.rendering.loop import MOST_OPEN
from higgs_cli.settings.views import ModelChoice
from higgs_cli.speech.protocol import SpeechChunk, SpeechRun
from higgs_cli.terminal.until import next_time
from tests.fakes import FakeSynthesizer
from tests.helpers import CommandLine, Ran, start_fake


@pytest.fixture
def higgs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    for name, lines in {"emma": 5, "lamp": 9, "wood": 3}.items():
        text = "\n\n".join(f"This is line {n} of the book of {name}." for n in range(lines))
        higgs.write(f"books/{name}.txt", text)
    return higgs


def left(folder: Path) -> dict[str, bytes]:
    """All that was written but locks and what earlier renders noted."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(paths)}


def finished(ran: Ran) -> dict[str, dict[str, Any]]:
    event = json.loads(ran.stdout.splitlines()[-1])
    assert event["event"] == "finished"
    return {book["book"]: book for book in event["books"]}


def test_every_book_of_a_folder_becomes_what_a_render_of_its_own_makes(higgs: CommandLine) -> None:
    ran = higgs("batch", "books", "-o", "audio")
    assert ran.exit_code == 0, ran.stderr
    assert [line.split("\t")[:2] for line in ran.stdout.splitlines()[1:]] == [
        ["emma", "finished"],
        ["lamp", "finished"],
        ["wood", "finished"],
    ]
    (higgs.folder / "alone").mkdir()
    for name in ("emma", "lamp", "wood"):
        assert higgs("render", f"books/{name}.txt", "-o", f"alone/{name}.wav").exit_code == 0
    assert left(higgs.folder / "audio") == left(higgs.folder / "alone")


def test_a_second_batch_speaks_nothing_and_a_new_book_only_itself(higgs: CommandLine) -> None:
    assert higgs("batch", "books", "-o", "audio").exit_code == 0
    before = left(higgs.folder / "audio")
    higgs.synthesizer.chunks_spoken.clear()
    again = finished(higgs("batch", "books", "-o", "audio", "--json"))
    assert {book["spoken"] for book in again.values()} == {0}
    assert not higgs.synthesizer.chunks_spoken and left(higgs.folder / "audio") == before
    higgs.write("books/zoo.txt", "Only this is new.")
    assert finished(higgs("batch", "books", "-o", "audio", "--json"))["zoo"]["spoken"] == 1
    assert higgs.synthesizer.chunks_spoken == ["Only this is new."]


def test_a_folder_of_chapters_is_one_book_with_one_narrator_in_natural_order(
    higgs: CommandLine,
) -> None:
    for number in (1, 2, 10):
        text = f"It was the morning of day {number}, and the sea was calm as never before."
        higgs.write(f"shelf/sea/chapter {number}.txt", text)
    higgs.write("shelf/sea/chapter 11.txt", "[SPEAKER7] And somebody else spoke of the sea.")
    ran = higgs("batch", "shelf", "-o", "audio")
    assert ran.exit_code == 0, ran.stderr
    assert (higgs.folder / "audio/sea/book.higgs/store.json").exists()
    spoken = [text for text in higgs.synthesizer.chunks_spoken if "day" in text]
    assert [text.split("day ")[1].split(",")[0] for text in spoken] == ["one", "two", "ten"]
    voices = {
        run.references[0].codes.tobytes()  # type: ignore[union-attr]
        for run in higgs.synthesizer.runs_heard
        if run.references and any("day" in chunk.text for chunk in run.chunks)
    }
    assert len(voices) == 1
    one = higgs("batch", "shelf/sea", "--one-book", "-o", "other")
    assert one.exit_code == 0 and (higgs.folder / "other/chapter 10.wav").exists()


def test_chapters_in_other_scenes_are_spoken_one_after_another_and_equal_lines_once(
    higgs: CommandLine,
) -> None:
    """What one store serves and cannot be said in one scene: the second waits for the first."""
    for number, scene in ((1, "quiet_room"), (2, "none"), (3, "none")):
        text = f"---\nscene: {scene}\n---\nGood evening to all of you.\n"
        higgs.write(f"shelf/sea/{number}.txt", text)
    higgs.write("shelf/wood.txt", "Something else is said in the wood.")
    options = ("--cast", "NARRATOR=marigold", "--chunk", "speaker")
    ran = higgs("batch", "shelf", "-o", "audio", *options)
    assert ran.exit_code == 0, ran.stderr
    spoken = [text for text in higgs.synthesizer.chunks_spoken if "evening" in text]
    assert len(spoken) == 2, "once in each scene"
    for number in (1, 2, 3):
        assert (higgs.folder / f"audio/sea/{number}.wav").exists()


def test_a_book_has_its_own_settings_and_cast_beside_it_or_in_the_list(higgs: CommandLine) -> None:
    higgs.write("books/emma.toml", 'subtitles = "srt"\ncast = {NARRATOR = "marigold"}\n')
    assert higgs("batch", "books", "-o", "audio").exit_code == 0
    assert (higgs.folder / "audio/emma.srt").exists()
    assert not (higgs.folder / "audio/lamp.srt").exists()
    manifest = json.loads((higgs.folder / "audio/emma.json").read_text())
    assert manifest["cast"][0]["voice"] == "marigold"
    higgs.write(
        "books/books.yaml",
        "all: {subtitles: vtt, seed: 3}\n"
        "books:\n"
        "  - {script: lamp.txt, output: first.flac, seed: 5, cast: {NARRATOR: fergus}}\n"
        "  - emma.txt\n",
    )
    assert higgs("batch", "books/books.yaml", "-o", "listed").exit_code == 0
    names = {path.name for path in (higgs.folder / "listed").iterdir() if path.is_file()}
    assert names == {"first.flac", "first.vtt", "first.json", "emma.wav", "emma.vtt", "emma.json"}
    seeds = [
        json.loads((higgs.folder / f"listed/{name}.json").read_text())["settings"]["sampling"][
            "seed"
        ]
        for name in ("first", "emma")
    ]
    assert seeds == [5, 3]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("books: [{script: emma.txt, sede: 3}]", "unknown setting"),
        ("books: [{script: ../outside.txt}]", "outside"),
        ("books: [{script: nowhere.txt}]", "no such file"),
        ("books: [{output: a.wav}]", "without `script`"),
        ("books: [{script: emma.txt, output: ../a.wav}]", "without a folder"),
        ("books: [{script: emma.txt, device: cpu}]", "chosen for all books"),
        ("books: [emma.txt, emma.txt]", "both be written"),
        ("books: [{script: emma.txt}, {script: lamp.txt, output: EMMA.wav}]", "both be written"),
        ("books: []", "no books"),
        ("all: {}", "no `books:`"),
    ],
)
def test_a_mistake_in_the_list_is_one_line_and_nothing_is_written(
    higgs: CommandLine, text: str, said: str
) -> None:
    higgs.write("outside.txt", "Nobody reads this.")
    higgs.write("books/books.yaml", text)
    ran = higgs("batch", "books/books.yaml", "-o", "audio")
    assert ran.exit_code == 2 and said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not (higgs.folder / "audio").exists()


@pytest.mark.parametrize("name", ["zoo.txt", "zoo.toml", "emma.cast.yaml", "zoo"])
def test_a_link_that_leads_out_of_the_folder_is_refused(higgs: CommandLine, name: str) -> None:
    higgs.write("outside/secret.txt", "Nobody reads this.")
    target = "outside" if name == "zoo" else "outside/secret.txt"
    (higgs.folder / "books" / name).symlink_to(higgs.folder / target)
    ran = higgs("batch", "books", "-o", "audio")
    assert ran.exit_code == 2 and "outside" in ran.stderr and "Nobody" not in ran.stderr
    assert not (higgs.folder / "audio").exists()


def test_a_book_that_fails_does_not_stop_the_others(higgs: CommandLine) -> None:
    higgs.write("books/emma.txt", "[SPEAKER0 is left open\n")
    higgs.write("books/zoo.txt", "This line is cursed.")
    (higgs.folder / "audio").mkdir()
    higgs.write("audio/wood.higgs/somebody.txt", "Not a store.")
    higgs.synthesizer.mishap = lambda chunk, attempt: "silent" if "cursed" in chunk.text else None
    ran = higgs("batch", "books", "-o", "audio", "--json", "--as", "dialogue")
    books = finished(ran)
    assert ran.exit_code == 1
    assert books["emma"]["state"] == "failed" and books["emma"]["exit_code"] == 2
    assert books["wood"]["state"] == "failed" and "neither empty" in str(books["wood"]["error"])


def test_a_failed_line_is_told_of_and_its_book_is_written(higgs: CommandLine) -> None:
    higgs.synthesizer.mishap = lambda chunk, attempt: (
        "silent" if "line one of the book of lamp" in chunk.text else None
    )
    ran = higgs("batch", "books", "-o", "audio", "--json")
    books = finished(ran)
    assert ran.exit_code == 1 and books["lamp"]["failed"] == 1 and books["lamp"]["exit_code"] == 1
    assert books["emma"]["exit_code"] == 0 and (higgs.folder / "audio/lamp.wav").exists()


def test_a_store_that_cannot_be_written_breaks_its_own_book_alone(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from higgs_cli.errors import DiskFullError
    from higgs_cli.takes.store import TakeStore

    write = TakeStore.write

    def full(store: TakeStore, take: Any) -> None:
        if store.folder.name == "lamp.higgs":
            raise DiskFullError("no room for lamp")
        write(store, take)

    monkeypatch.setattr(TakeStore, "write", full)
    ran = higgs("batch", "books", "-o", "audio", "--json")
    books = finished(ran)
    assert ran.exit_code == 1 and books["lamp"]["error"] == "no room for lamp"
    assert {books[name]["state"] for name in ("emma", "wood")} == {"finished"}


def test_a_device_that_fails_leaves_all_takes_and_the_same_command_goes_on(
    higgs: CommandLine,
) -> None:
    from higgs_cli.errors import DeviceError

    def fails(chunk: SpeechChunk, attempt: int) -> str | None:
        if len(higgs.synthesizer.chunks_spoken) >= 7:
            raise DeviceError("the device was lost")
        return None

    higgs.synthesizer.mishap = fails
    ran = higgs("batch", "books", "-o", "audio", "--json", "--chunk", "speaker")
    assert ran.exit_code == 1 and "the device was lost" in ran.stdout
    stored = len(list((higgs.folder / "audio").rglob("*.take")))
    assert stored
    higgs.synthesizer = FakeSynthesizer()
    assert higgs("batch", "books", "-o", "audio", "--chunk", "speaker").exit_code == 0
    shutil.copytree(higgs.folder / "books", higgs.folder / "same")
    assert higgs("batch", "same", "-o", "whole", "--chunk", "speaker").exit_code == 0
    ours = {n: d for n, d in left(higgs.folder / "audio").items() if n.endswith((".wav", ".take"))}
    assert ours == {
        n: d for n, d in left(higgs.folder / "whole").items() if n.endswith((".wav", ".take"))
    }


def test_after_a_device_has_failed_the_cpu_goes_on_where_that_is_asked_for(
    higgs: CommandLine,
) -> None:
    from higgs_cli.errors import DeviceError

    opened: list[str] = []

    def fails_once(chunk: SpeechChunk, attempt: int) -> str | None:
        if len(higgs.synthesizer.chunks_spoken) == 7 and len(opened) == 1:
            raise DeviceError("the device was lost")
        return None

    def open_again(choice: ModelChoice) -> FakeSynthesizer:
        opened.append(choice.device)
        return higgs.synthesizer

    higgs.synthesizer.mishap = fails_once
    pipeline.open_higgs = open_again
    ran = higgs("batch", "books", "-o", "audio", "--cpu-fallback", "--json")
    assert ran.exit_code == 0, ran.stdout
    assert opened == ["auto", "cpu"] and "continuing on the CPU" in ran.stdout
    assert {book["state"] for book in finished(ran).values()} == {"finished"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_batch_that_was_stopped_goes_on_bit_for_bit(higgs: CommandLine, number: int) -> None:
    options = "seconds_per_chunk=0.05, lane_count=2"
    words = ("batch", "books", "-o", "audio", "--chunk-seconds", "4")
    child = start_fake(higgs.folder, *words, options=options)
    while child.poll() is None and len(list((higgs.folder / "audio").rglob("*.take"))) < 8:
        time.sleep(0.02)
    child.send_signal(number)
    _, said = child.communicate()
    assert child.returncode == (143 if number == signal.SIGTERM else -9), said
    if number == signal.SIGTERM:
        assert "to continue: higgs batch books -o audio" in said
    assert higgs(*words).exit_code == 0
    assert len(higgs.synthesizer.chunks_spoken) < 17
    (higgs.folder / "audio").rename(higgs.folder / "stopped")
    assert higgs(*words).exit_code == 0
    assert left(higgs.folder / "stopped") == left(higgs.folder / "audio")


# -- lanes --------------------------------------------------------------------------------


def occupancy(fake: FakeSynthesizer) -> float:
    """The share of lanes that had a run."""
    return sum(fake.lanes_in_use) / (len(fake.lanes_in_use) * fake.lane_count)


def test_lanes_are_filled_across_books(higgs: CommandLine) -> None:
    """Six short books of few runs each: alone, each leaves half of the lanes idle."""
    for number in range(6):
        lines = (f"Sentence {n} of book {number} is here." for n in range(8))
        higgs.write(f"short/book {number}.txt", "\n\n".join(lines))
    higgs.synthesizer = together = FakeSynthesizer(lane_count=8)
    options = ("--chunk-seconds", "4", "--cast", "NARRATOR=marigold")
    assert higgs("batch", "short", "-o", "audio", *options).exit_code == 0
    higgs.synthesizer = alone = FakeSynthesizer(lane_count=8)
    for number in range(6):
        ran = higgs("render", f"short/book {number}.txt", "-o", f"{number}.wav", *options)
        assert ran.exit_code == 0
    assert occupancy(alone) <= 0.5 and occupancy(together) > 0.9


def test_voices_are_generated_while_other_books_are_spoken(higgs: CommandLine) -> None:
    higgs.synthesizer = FakeSynthesizer(lane_count=8)
    assert higgs("batch", "books", "-o", "audio", "--chunk", "speaker").exit_code == 0
    runs = [run for run in higgs.synthesizer.runs_heard if isinstance(run, SpeechRun)]
    first_of_each = [run.key.partition("/")[0] for run in runs[:3]]
    assert len(set(first_of_each)) == 3, "no book waits for the voice of another"


def test_of_many_books_few_are_open_at_a_time_and_one_speech_says_them_all(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, most, speeches = set[object](), [0], [0]
    begin, close, speak = OpenBook.__init__, OpenBook.close, FakeSynthesizer.speak

    def opened(book: OpenBook, *arguments: Any) -> None:
        begin(book, *arguments)
        now.add(book)
        most[0] = max(most[0], len(now))

    def closed(book: OpenBook) -> None:
        now.discard(book)
        close(book)

    def counted(self: FakeSynthesizer, *arguments: Any) -> Any:
        speeches[0] += 1
        return speak(self, *arguments)

    monkeypatch.setattr(OpenBook, "__init__", opened)
    monkeypatch.setattr(OpenBook, "close", closed)
    monkeypatch.setattr(FakeSynthesizer, "speak", counted)
    for number in range(30):
        higgs.write(f"many/{number}.txt", f"This is all of book number {number}, and no more.")
    higgs.synthesizer = FakeSynthesizer(lane_count=40)
    ran = higgs("batch", "many", "-o", "audio")
    assert ran.exit_code == 0, ran.stderr
    assert len(list((higgs.folder / "audio").glob("*.wav"))) == 30
    assert speeches == [1] and not now
    assert most[0] <= MOST_OPEN + MOST_WAITING + 1


# -- time, disk, plan ---------------------------------------------------------------------


def test_the_time_that_is_up_is_an_end_like_a_signal(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from higgs_cli import app
    from higgs_cli.errors import StoppedError

    monkeypatch.setattr(stopping, "_process", stopping._Process())
    monkeypatch.setattr(app, "_end", lambda stopped: (_ for _ in ()).throw(stopped))

    def late(chunk: SpeechChunk, attempt: int) -> str | None:
        if len(higgs.synthesizer.chunks_spoken) == 2:
            stopping._process.ring()
        return None

    higgs.synthesizer.mishap = late
    with pytest.raises(StoppedError) as caught:
        higgs("render", "books/lamp.txt", "-o", "lamp.wav", "--chunk", "speaker")
    assert caught.value.exit_code == 124
    assert list((higgs.folder / "lamp.higgs").rglob("*.take"))
    assert not (higgs.folder / "lamp.wav").exists()


def test_the_alarm_rings_at_its_time_and_not_after_its_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stopping, "_process", stopping._Process())
    with stopping.stopping_at(time.time() + 3600):
        assert stopping._process.asked is None
    alarms = [each for each in threading.enumerate() if isinstance(each, threading.Timer)]
    for each in alarms:
        each.join(5)
    assert stopping._process.asked is None
    with stopping.stopping_at(time.time()):
        while stopping._process.asked is None:
            time.sleep(0.01)
    assert stopping._process.asked == stopping.TIME_IS_UP


def test_until_means_the_next_time_that_the_clock_shows_it() -> None:
    from datetime import datetime

    evening = datetime(2026, 11, 29, 22, 30)
    assert next_time("07:00", evening) == datetime(2026, 11, 30, 7, 0)
    assert next_time("23:15", evening) == datetime(2026, 11, 29, 23, 15)
    assert next_time("22:30", evening) == datetime(2026, 11, 30, 22, 30)


@pytest.mark.parametrize("verb", ["render", "batch"])
def test_a_time_that_is_none_is_refused(higgs: CommandLine, verb: str) -> None:
    source = "books" if verb == "batch" else "books/emma.txt"
    ran = higgs(verb, source, "-o", "out.wav" if verb == "render" else "out", "--until", "25:00")
    assert ran.exit_code == 2 and "--until" in ran.stderr


@pytest.mark.parametrize("verb", ["render", "batch"])
def test_a_disk_that_is_too_small_is_refused_before_anything_is_spoken(
    higgs: CommandLine, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    free = 6_000_000 if verb == "batch" else 3_000_000
    usage = shutil._ntuple_diskusage(10**9, 10**9 - free, free)  # type: ignore[attr-defined]
    monkeypatch.setattr(disk_need.shutil, "disk_usage", lambda place: usage)
    arguments = ("books", "-o", "out") if verb == "batch" else ("books/lamp.txt", "-o", "lamp.wav")
    ran = higgs(verb, *arguments)
    assert ran.exit_code == 1 and "are free" in ran.stderr and "--keep-sound 0" in ran.stderr
    assert not higgs.synthesizer.chunks_spoken
    assert higgs(verb, *arguments, "--keep-sound", "0").exit_code == 0


def test_the_plan_of_a_batch_shows_hours_disk_and_what_is_stored(higgs: CommandLine) -> None:
    before = left(higgs.folder / "books")
    plan = json.loads(higgs("batch", "books", "-o", "audio", "--plan", "--json").stdout)
    assert [book["book"] for book in plan["books"]] == ["emma", "lamp", "wood"]
    assert plan["totals"]["missing_seconds"] > 10 and plan["totals"]["disk_bytes"] > 10**6
    assert not (higgs.folder / "audio").exists() and left(higgs.folder / "books") == before
    higgs.write("books/bad.txt", "[SPEAKER0] One.\n[SPEAKER\n")
    shown = higgs("batch", "books", "-o", "audio", "--plan")
    assert "3 books" in shown.stdout and "bad: " in shown.stderr and shown.exit_code == 1
    (higgs.folder / "ill").mkdir()
    (higgs.folder / "books/bad.txt").rename(higgs.folder / "ill/bad.txt")
    assert higgs("batch", "ill", "-o", "audio", "--plan").exit_code == 2


def test_mini_speaks_a_book_of_a_batch_bit_for_bit_as_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    real = pipeline.open_higgs
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    monkeypatch.setattr(pipeline, "open_higgs", real)
    higgs.write("books/one.txt", "Good morning. It is cold.\n\nThe sea is calm today.")
    higgs.write("books/two.txt", "Who is there?\n\nNobody at all.\n\nThen come in.")
    higgs.write("books/two.toml", "seed = 7\nmax-seconds = 20\ncontext-chunks = 1\n")
    options = ("--model", "mini", "--device", "cpu", "--lanes", "3", "--chunk", "speaker")
    assert higgs("batch", "books", "-o", "audio", *options).exit_code == 0
    (tmp_path / "alone").mkdir()
    for name, own in (("one", ()), ("two", ("--settings", "books/two.toml"))):
        ran = higgs("render", f"books/{name}.txt", "-o", f"alone/{name}.wav", *options, *own)
        assert ran.exit_code == 0, ran.stderr
    ours, alone = left(tmp_path / "audio"), left(tmp_path / "alone")
    sounds = {name for name in alone if name.endswith((".wav", ".take"))}
    again = finished(higgs("batch", "books", "-o", "audio", *options, "--json"))
    assert {book["state"] for book in again.values()} == {"unchanged"}
    assert sounds and {n: ours.get(n) for n in sounds} == {n: alone[n] for n in sounds}
