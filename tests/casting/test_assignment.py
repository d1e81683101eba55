"""Every speaker gets a voice, or the refusal says who has none, where, and what mends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from higgs_cli.casting.assignment import assign_voices, cast_warnings, known_speakers
from higgs_cli.casting.cast import Cast
from higgs_cli.casting.voice_library import open_library
from higgs_cli.errors import CastError, HiggsError, UsageError
from higgs_cli.script.reader import parse_script
from higgs_cli.settings.views import Casting, Reading

TALK = "[SPEAKER1] Hello.\n[SPEAKER0] Good day.\n"


def cast_of(
    source: str,
    *pairs: str,
    voices: Path | None = None,
    ref_audio: str | None = None,
    read_as: str = "auto",
) -> Cast:
    library = open_library(voices)
    request = Casting(cast=pairs, ref_audio=ref_audio)
    names = known_speakers(library, request)
    script = parse_script("talk.txt", source, Reading(read_as=read_as), names)
    return assign_voices(script, library, request)


def voices_of(cast: Cast) -> dict[str, str]:
    return {member.speaker: member.voice.name for member in cast.members}


def profile(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "profile.yaml"
    path.write_text(text)
    return path


def test_cast_names_a_voice_for_each_speaker() -> None:
    cast = cast_of(TALK, "SPEAKER0=marigold", "speaker1 = tobias")
    assert voices_of(cast) == {"SPEAKER0": "marigold", "SPEAKER1": "tobias"}
    assert [member.why for member in cast.members] == ["--cast", "--cast"]


def test_ref_audio_goes_by_the_numbers_of_the_speakers() -> None:
    assert voices_of(cast_of(TALK, ref_audio="marigold, tobias")) == {
        "SPEAKER0": "marigold",
        "SPEAKER1": "tobias",
    }


def test_ref_audio_goes_by_first_words_where_speakers_have_names() -> None:
    cast = cast_of("Ben: Hi.\nAnn: Yes.", ref_audio="marigold,tobias", read_as="dialogue")
    assert voices_of(cast) == {"Ben": "marigold", "Ann": "tobias"}


def test_the_command_line_wins_over_the_header() -> None:
    header = "---\ncast: {Ann: juniper, Ben: {voice: tobias, aliases: [B]}}\n---\n"
    source = header + "Ann: Hi.\nB: Yes."
    assert voices_of(cast_of(source)) == {"Ann": "juniper", "Ben": "tobias"}
    assert voices_of(cast_of(source, "B=fergus")) == {"Ann": "juniper", "Ben": "fergus"}


def test_a_voice_of_the_same_name_in_the_users_profile_is_taken(tmp_path: Path) -> None:
    path = profile(tmp_path, "profiles: {SPEAKER1: One, SPEAKER0: Zero, Other: x}")
    cast = cast_of(TALK, voices=path)
    assert voices_of(cast) == {"SPEAKER0": "SPEAKER0", "SPEAKER1": "SPEAKER1"}


def test_a_profile_alone_is_cast_in_its_order(tmp_path: Path) -> None:
    path = profile(tmp_path, "profiles: {anna: A, ben: B, cleo: C}")
    assert voices_of(cast_of(TALK, voices=path)) == {"SPEAKER0": "anna", "SPEAKER1": "ben"}
    small = profile(tmp_path, "profiles: {anna: A}")
    with pytest.raises(CastError, match='no voice for "SPEAKER1"'):
        cast_of(TALK, voices=small)


def test_where_nobody_is_cast_the_model_chooses_by_turns() -> None:
    cast = cast_of(TALK)
    assert all(member.voice.is_smart for member in cast.members)
    assert [member.voice.description for member in cast.members] == ["feminine", "masculine"]
    assert cast_of("Only prose.").members[0].voice.description is None


def test_a_cast_in_part_is_refused_with_line_speaker_and_mend() -> None:
    with pytest.raises(CastError) as caught:
        cast_of(TALK, "SPEAKER0=marigold")
    error = caught.value
    assert error.message == 'talk.txt, line 1: no voice for "SPEAKER1"'
    assert error.spot is not None
    assert error.spot.line[error.spot.start : error.spot.end] == "[SPEAKER1]"
    assert '--cast "SPEAKER1=' in str(error.hint)


def test_the_rest_can_be_left_to_the_model_explicitly() -> None:
    cast = cast_of(TALK, "SPEAKER0=marigold", "SPEAKER1=smart")
    assert cast.member("SPEAKER1").voice.is_smart


@pytest.mark.parametrize(
    ("pair", "message", "hint"),
    [
        ("SPEAKR0=marigold", "nobody called", "did you mean SPEAKER0?"),
        ("Xenia=marigold", "nobody called", "who speaks"),
        ("SPEAKER0", "is not NAME=voice", None),
        ("SPEAKER0=", "is not NAME=voice", None),
    ],
)
def test_a_wrong_pair_is_refused(pair: str, message: str, hint: str | None) -> None:
    with pytest.raises(HiggsError, match=message) as caught:
        cast_of(TALK, pair, "SPEAKER1=tobias")
    assert hint is None or hint in str(caught.value.hint)


def test_an_unknown_voice_of_the_header_is_shown_in_its_line() -> None:
    with pytest.raises(CastError) as caught:
        cast_of("---\ncast:\n  Ann: marigolt\n---\nAnn: Hi.")
    assert "line 3" in caught.value.message and "marigold" in str(caught.value.hint)


def test_more_voices_than_speakers_is_an_error() -> None:
    with pytest.raises(UsageError, match="3 voices for 2 speakers"):
        cast_of(TALK, ref_audio="marigold,tobias,wren")


def test_a_mood_must_be_one_of_the_voice(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    path = profile(tmp_path, "profiles: {Ann: {audio: a.wav, text: x, moods: {whisper: a.wav}}}")
    assert cast_of("Ann (whisper): Hush.", voices=path).member("Ann").voice.moods
    with pytest.raises(CastError, match='has no mood "wisper"') as caught:
        cast_of("Ann (wisper): Hush.", voices=path)
    assert caught.value.hint == "did you mean whisper?"


def test_two_speakers_with_one_voice_are_shown() -> None:
    cast = cast_of(TALK, "SPEAKER0=marigold", "SPEAKER1=marigold")
    assert cast_warnings(cast, "en") == ['SPEAKER0 and SPEAKER1 speak with one voice, "marigold"']
