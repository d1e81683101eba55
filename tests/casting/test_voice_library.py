"""Profiles and folders of voices: what they may say, and that they never lead outside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from higgs_cli.casting.voice_library import open_library, read_voices
from higgs_cli.errors import HiggsError, ScriptError, VoiceError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "voices"
    place.mkdir()
    for name in ("belinda", "chad", "angry"):
        (place / f"{name}.wav").write_bytes(b"RIFF" + name.encode())
    (place / "chad.txt").write_text("What Chad\nsays.\n")
    return place


def profile(folder: Path, text: str) -> Path:
    path = folder / "profile.yaml"
    path.write_text(text)
    return path


FULL = """profiles:
  male_en: "Male, American, calm"
  belinda:
    audio: belinda.wav
    text: Twas the night.
    description: Female, bright
    language: en
    gain_db: -1.5
    aliases: [Bel]
    moods: {angry: {audio: angry.wav, text: No!}, sad: chad.wav}
    metadata: {licence: CC0, year: 1999}
"""


def test_the_originals_map_of_descriptions_still_works(folder: Path) -> None:
    voices = read_voices(profile(folder, 'profiles:\n  male_en: "Male, calm"\n  b: Female\n'))
    voice = voices["male_en"].opened(allow_outside=False)
    assert voice.description == "Male, calm" and voice.is_generated and not voice.is_smart


def test_an_entry_gives_all_that_a_voice_can_have(folder: Path) -> None:
    voice = read_voices(profile(folder, FULL))["belinda"].opened(allow_outside=False)
    assert voice.reference is not None and voice.reference.text == "Twas the night."
    assert (voice.language, voice.gain_db, voice.aliases) == ("en", -1.5, ("Bel",))
    assert voice.moods["angry"].text == "No!" and voice.moods["sad"].text == "What Chad says."
    assert voice.metadata == {"licence": "CC0", "year": 1999}


def test_the_text_beside_a_recording_is_its_transcript(folder: Path) -> None:
    voice = read_voices(profile(folder, "profiles: {c: {audio: chad.wav}}"))["c"]
    reference = voice.opened(allow_outside=False).reference
    assert reference is not None and reference.text == "What Chad says."


def test_the_content_of_a_voice_is_its_sound_and_its_transcript(folder: Path) -> None:
    def content() -> str:
        return read_voices(path)["x"].opened(allow_outside=False).content()

    path = profile(folder, "profiles: {x: {audio: chad.wav}}")
    first = content()
    (folder / "chad.txt").write_text("Other words.")
    second = content()
    (folder / "chad.wav").write_bytes(b"RIFFother")
    assert len({first, second, content()}) == 3


def test_a_folder_of_recordings_is_a_library(folder: Path) -> None:
    assert list(read_voices(folder)) == ["angry", "belinda", "chad"]
    profile(folder, FULL)
    assert list(read_voices(folder)) == ["male_en", "belinda"]


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("profiles:\n  a: {audoi: belinda.wav}\n", 'unknown key "audoi"', 2),
        ("profils: {}\n", 'unknown key "profils"', 1),
        ("profiles:\n  a: x\n  a: y\n", "given twice", 3),
        ("profiles:\n  a: {language: en}\n", "neither audio nor description", 2),
        ("profiles:\n  a: {audio: belinda.wav, gain_db: loud}\n", "must be a number", 2),
        ("profiles:\n  a: {audio: belinda.wav, gain_db: 99}\n", "between -40 and 40", 2),
        ("profiles:\n  smart: x\n", "cannot be the name", 2),
        ("profiles:\n  a: x\n  b: {description: y, aliases: [A]}\n", "a name of a and of b", 3),
        ("profiles:\n  a: {audio: belinda.wav, text: x, transcript: chad.txt}\n", "one of them", 2),
        ("profiles:\n  a: [1]\n", "must be a text", 2),
    ],
)
def test_a_mistake_in_a_profile_is_shown_in_its_line(
    folder: Path, text: str, message: str, line: int
) -> None:
    with pytest.raises(ScriptError, match=message) as caught:
        read_voices(profile(folder, text))
    assert f"profile.yaml, line {line}:" in caught.value.message


def test_near_keys_are_suggested(folder: Path) -> None:
    with pytest.raises(ScriptError) as caught:
        read_voices(profile(folder, "profiles:\n  a: {audio: x.wav, langauge: en}\n"))
    assert caught.value.hint == "did you mean `language`?"


def test_a_missing_recording_and_an_empty_transcript_are_errors(folder: Path) -> None:
    path = profile(folder, "profiles: {a: {audio: gone.wav}, b: {audio: chad.wav}}")
    (folder / "chad.txt").write_text("  \n")
    for name, message in (("a", "no such file"), ("b", "transcript is empty")):
        with pytest.raises(HiggsError, match=message):
            read_voices(path)[name].opened(allow_outside=False)


OUTSIDE = ["../secret.wav", "{root}/secret.wav", "~/secret.wav", "sub/../../secret.wav", "link.wav"]


@pytest.mark.parametrize("written", OUTSIDE)
def test_a_path_never_leaves_the_folder_unless_allowed(folder: Path, written: str) -> None:
    root = folder.parent
    (root / "secret.wav").write_bytes(b"RIFF")
    (folder / "link.wav").symlink_to(root / "secret.wav")
    written = written.format(root=root)
    entry = read_voices(profile(folder, f"profiles:\n  a: {{audio: {written}}}\n"))["a"]
    with pytest.raises(ScriptError, match=r"is outside|no such file") as caught:
        entry.opened(allow_outside=False)
    assert "line 2" in caught.value.message
    if not written.startswith(("~", "sub")):
        assert entry.opened(allow_outside=True).reference is not None


@pytest.mark.parametrize("linked", ["ann.wav", "ann.txt"])
@pytest.mark.parametrize("has_profile", [False, True])
def test_a_link_in_a_library_never_leads_out_of_it_unless_allowed(
    folder: Path, linked: str, has_profile: bool
) -> None:
    secret = folder.parent / "secret"
    secret.write_text("hunter2")
    library = folder / "library"
    library.mkdir()
    (library / "ann.wav").write_bytes(b"RIFF")
    (library / linked).unlink(missing_ok=True)
    (library / linked).symlink_to(secret)
    if has_profile:
        profile(library, "profiles:\n  ann: {audio: ann.wav}\n")
    entry = read_voices(library)["ann"]
    with pytest.raises(HiggsError, match="outside"):
        entry.opened(allow_outside=False)
    assert entry.opened(allow_outside=True).reference is not None


@pytest.mark.parametrize(
    "written", ['"a\\0b"', "/dev/zero", '"' + "n" * 2000 + '"', '"."', "fifo.wav"]
)
def test_devices_pipes_and_absurd_names_are_never_opened(folder: Path, written: str) -> None:
    os.mkfifo(folder / "fifo.wav")
    entry = read_voices(profile(folder, f"profiles:\n  a: {{audio: {written}}}\n"))["a"]
    for allowed in (False, True):
        with pytest.raises(HiggsError):
            entry.opened(allow_outside=allowed)


def test_names_are_found_by_alias_and_in_any_case_and_the_users_come_first(folder: Path) -> None:
    library = open_library(profile(folder, FULL))
    assert library.voice("BELINDA").name == "belinda" == library.voice("bel").name
    own = open_library(profile(folder, "profiles: {marigold: My own}"))
    assert own.voice("marigold").description == "My own"
    assert own.voice("juniper").reference is not None


def test_an_unknown_voice_names_the_nearest(folder: Path) -> None:
    with pytest.raises(VoiceError) as caught:
        open_library(None).voice("marigolt")
    assert "did you mean marigold" in str(caught.value.hint)


def test_a_description_can_be_asked_for_by_name(folder: Path) -> None:
    library = open_library(profile(folder, FULL))
    voice = library.voice("profile:belinda")
    assert voice.reference is None and voice.description == "Female, bright"
    bare = open_library(profile(folder, "profiles: {a: {audio: chad.wav}}"))
    with pytest.raises(VoiceError, match="has no description"):
        bare.voice("profile:a")


def test_a_recording_is_a_voice_of_its_own(folder: Path) -> None:
    voice = open_library(None).voice(str(folder / "chad.wav"))
    assert voice.name == "chad" and voice.reference is not None
    assert voice.reference.text == "What Chad says."
    with pytest.raises(VoiceError, match="no such recording"):
        open_library(None).voice(str(folder / "gone.wav"))


def test_every_bundled_voice_opens_and_has_a_transcript() -> None:
    library = open_library(None)
    for entry in library.bundled.values():
        voice = entry.opened(allow_outside=False)
        assert voice.reference is None or voice.reference.text
