"""Damaged profiles and scripts end in the tool's own errors, quickly, and in nothing else."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from pathlib import Path

import pytest

from higgs_cli.casting.voice_library import read_voices
from higgs_cli.errors import HiggsError
from higgs_cli.jobs.batch_books import Destination, books_of
from higgs_cli.jobs.book import planned
from higgs_cli.jobs.render_job import job_from_script, named_output
from higgs_cli.settings.sources import resolve_settings
from higgs_cli.settings.table import Settings
from higgs_cli.wording.lexicon import read_lexicon

SEED = 20260
LONGEST_SECONDS = 5.0

PROFILES = [
    b"""profiles:
  male_en: "Male, American accent, calm"
  belinda: {audio: belinda.wav, text: "Twas the night.", gain_db: -1.5, language: en}
  chad:
    audio: chad.wav
    description: |
      deep and
      slow
    moods: {angry: {audio: angry.wav, text: No!}, soft: soft.wav}
    aliases: [Chadwick, C]
    metadata: {licence: CC0, year: 1999, list: [1, 2.5, true, null]}
""",
    b"profiles: {a: b, c: {audio: x.wav}}\n",
]
LISTS = [
    b"""all: {subtitles: srt, cast: {NARRATOR: marigold}, keep: [notes, index]}
books:
  - {script: one.txt, output: first.flac, seed: 5, loudness: -18.5, cast: [cast.yaml, A=b]}
  - two.txt
  - script: chapters/
    expand: true
    lexicon: words.yaml
    store: elsewhere/s.higgs
""",
    b"books: [one.txt, {script: two.txt, chunk-words: 12, scene: none}]\n",
]
SCRIPTS = [
    """---
title: The Lamp
cast:
  Anna: marigold
  Ben: {voice: tobias, aliases: [Benny]}
---
# One
Anna: Dr. Lee paid $5.50 [laugh] at 3:15. [pause 1.5] “So,” she said — “Go!”
[Ben] (quietly) Yes. 98.6°F is *warm*.
Benny: No <!-- why --> more.
***
## Two
【Anna】你好，世界。 [music start] la la [music end]
""".encode(),
    """Title
=====

Chapter 1

It was 1999. He said: “No…” [a link](http://x.y) and a note[^1].

[^1]: the note
- item one
> quoted

```
code
```
Mr. J. R. Smith went to the U.S.A. with £3.20 & 20% of 1,234,567 things.
""".encode(),
    b"[SPEAKER0] Hi.\n[SPEAKER1] Hello there.\n[SPEAKER0] Bye. [SPEAKER1] Bye!\n",
]
LEXICON = b"words:\n  Lee: Leigh\n  - x\nFelt: {case: exact, replacement: Velt}\n"
SPLINTERS = [
    b"[", b"]", b"{", b"}", b":", b"- ", b"&a ", b"*a", b"!!python/object:os.system ", b"<<: ",
    b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"'", b'"', b"|\n", b"\t", b"%YAML 9.9\n", b"---\n",
    b"...\n", b"<!--", b"-->", b"1:59:59", b"2024-99-99", b"[SPEAKER", b"[pause ", b"[laff]", b"$",
    "，。“”【】（）《》…—".encode(), "\u202e\ufeff\u2028".encode(), b"9" * 400, b"\\u0000", b"\\",
    "½°£".encode(), b"I. V. X.", b"(" * 60, b"*" * 9, b"_", b"`" * 3, b"../../etc/passwd", b"~",
]  # fmt: skip


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The same bytes with a few cuts, doublings, flips and splinters."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(made) + 1)
        kind = chance.randrange(5)
        if kind == 0:
            del made[place : place + chance.randint(1, 12)]
        elif kind == 1:
            made[place:place] = chance.choice(SPLINTERS)
        elif kind == 2 and made:
            made[chance.randrange(len(made))] = chance.randrange(256)
        elif kind == 3:
            made[place:place] = made[chance.randrange(len(made) + 1) :][: chance.randint(1, 40)]
        else:
            made[place:place] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 4)))
    return bytes(made)


def fuzz_profiles(folder: Path, count: int) -> None:
    chance = random.Random(SEED)
    for name in ("belinda", "chad", "angry", "soft", "x"):
        (folder / f"{name}.wav").write_bytes(b"RIFF")
    path = folder / "profile.yaml"
    for number in range(count):
        data = mutated(chance.choice(PROFILES), chance)
        path.write_bytes(data)
        began = time.monotonic()
        try:
            for entry in read_voices(path).values():
                entry.opened(allow_outside=False)
        except HiggsError:
            pass
        except Exception as error:
            pytest.fail(f"seed {SEED}, number {number}: {error!r} from {data!r}")
        assert time.monotonic() - began < LONGEST_SECONDS, data


def fuzz_lists(folder: Path, count: int) -> None:
    chance = random.Random(SEED)
    (folder / "chapters").mkdir()
    for name in ("one.txt", "two.txt", "chapters/1.txt"):
        (folder / name).write_text("The lamp was out.")
    path, before = folder / "books.yaml", sorted(folder.rglob("*"))
    to = Destination(folder / "audio")
    for number in range(count):
        data = mutated(chance.choice(LISTS), chance)
        path.write_bytes(data)
        began = time.monotonic()
        try:
            for book in books_of(path, to, lambda own: resolve_settings({}, {}, None, own=own)):
                outputs = map(named_output, book.jobs)
                assert all(each.is_relative_to(to.folder) for each in outputs), data
        except HiggsError:
            pass
        except Exception as error:
            pytest.fail(f"seed {SEED}, number {number}: {error!r} from {data!r}")
        assert time.monotonic() - began < LONGEST_SECONDS, data
    assert sorted(folder.rglob("*")) == sorted({*before, path})


def fuzz_scripts(folder: Path, count: int) -> None:
    chance = random.Random(SEED)
    for number in range(count):
        data = mutated(chance.choice(SCRIPTS), chance)
        path = folder / chance.choice(["book.md", "book.txt"])
        path.write_bytes(data)
        settings = Settings(
            read_as=chance.choice(["auto", "auto", "dialogue", "prose"]),
            brackets=chance.choice(["tags", "text"]),
            chunk=chance.choice(["sentences", "words", "speaker"]),
            chunk_seconds=chance.choice([2.0, 24.0]),
            expand=chance.choice([None, True]),
        )
        began = time.monotonic()
        try:
            planned(job_from_script(str(path), None, settings))
        except HiggsError as error:
            assert "fault of higgs" not in str(error.hint), (number, error.message, data)
        except Exception as error:
            pytest.fail(f"seed {SEED}, number {number}: {error!r} from {data!r}")
        assert time.monotonic() - began < LONGEST_SECONDS, data


def test_damaged_profiles_raise_only_our_own_errors(tmp_path: Path) -> None:
    fuzz_profiles(tmp_path, 300)


def test_damaged_lists_of_books_raise_only_our_own_errors_and_lead_nowhere_else(
    tmp_path: Path,
) -> None:
    fuzz_lists(tmp_path, 300)


def test_damaged_scripts_raise_only_our_own_errors(tmp_path: Path) -> None:
    fuzz_scripts(tmp_path, 300)


@pytest.mark.slow
def test_ten_thousand_damaged_profiles(tmp_path: Path) -> None:
    fuzz_profiles(tmp_path, 10_000)


@pytest.mark.slow
def test_ten_thousand_damaged_scripts(tmp_path: Path) -> None:
    fuzz_scripts(tmp_path, 10_000)


def test_damaged_lexicons_raise_only_our_own_errors(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    path = tmp_path / "lexicon.yaml"
    for _ in range(300):
        path.write_bytes(mutated(LEXICON, chance))
        with suppress(HiggsError):
            read_lexicon(path)


BOMBS = {
    "deep": b"a: " + b"[" * 100_000,
    "deep block": b"\n".join(b" " * i + b"a:" for i in range(400)),
    "wide": b"profiles: [" + b"1," * 60_000 + b"1]",
    "aliases": b"a: &a [x]\nb: &b [*a,*a]\nprofiles: [*b,*b]\n",
    "itself": b"profiles: &a [*a]\n",
    "merge": b"profiles: {<<: {a: b}, <<: {c: d}}\n",
    "tag": b"profiles: !!python/object/apply:os.system [ls]\n",
    "date": b"profiles: {a: 2024-99-99}\n",
    "sexagesimal": b"profiles: {a: " + b"1:59:" * 20_000 + b"59}\n",
    "huge": b"#" * 300_000,
    "long number": b"profiles: {a: " + b"9" * 20_000 + b"}\n",
    "binary": bytes(range(256)),
    "two documents": b"profiles: {a: b}\n---\nprofiles: {c: d}\n",
}


@pytest.mark.parametrize("name", BOMBS)
def test_yaml_bombs_are_refused_or_read_in_a_second(tmp_path: Path, name: str) -> None:
    path = tmp_path / "profile.yaml"
    path.write_bytes(BOMBS[name])
    began = time.process_time()
    with suppress(HiggsError):
        read_voices(path)
    assert time.process_time() - began < 2.0


LONG = 20_000
MONSTERS = {
    "digits": "1" * LONG,
    "spaces": "a" + " " * LONG + "b",
    "dashes": "-" * LONG + "x",
    "backticks": "`" * LONG,
    "one paragraph": "A: b\n" * (LONG // 5),
    "brackets": "[" * LONG + "x",
    "stars": "*a" * (LONG // 2),
    "dots": ". " * (LONG // 2) + "x",
    "one word": "a" * LONG,
    "chinese": "你" * LONG,
}


@pytest.mark.parametrize("name", MONSTERS)
def test_monstrous_lines_are_read_in_a_second_of_cpu(tmp_path: Path, name: str) -> None:
    path = tmp_path / "book.md"
    path.write_text(MONSTERS[name], encoding="utf-8")
    began = time.process_time()
    with suppress(HiggsError):
        planned(job_from_script(str(path), None, Settings(expand=True)))
    assert time.process_time() - began < 1.5
