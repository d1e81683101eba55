"""Settings come from flag, environment, file, preset and default, in this order and strictly."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from higgs_cli.app import main
from higgs_cli.errors import UsageError
from higgs_cli.settings.record import SETTING_OF, from_record, recorded
from higgs_cli.settings.sources import resolve_settings
from higgs_cli.settings.table import PRESETS, RENAMED, Settings
from higgs_cli.settings.views import choices_of


def toml(folder: Path, text: str) -> Path:
    path = folder / "higgs.toml"
    path.write_text(text)
    return path


def test_the_defaults_are_the_balanced_preset() -> None:
    settings = resolve_settings({}, {}, None)
    assert settings == Settings()
    assert {name: getattr(settings, name) for name in PRESETS["balanced"]} == PRESETS["balanced"]


@pytest.mark.parametrize(
    ("preset", "temperature", "top_p", "frames"),
    [
        ("high_quality", 0.3, 0.8, 3000),
        ("balanced", 0.7, 0.9, 1500),
        ("fast_generation", 1.0, 0.95, 750),
    ],
)
def test_presets_are_as_designed(
    preset: str, temperature: float, top_p: float, frames: int
) -> None:
    settings = resolve_settings({"preset": preset}, {}, None)
    assert (settings.temperature, settings.top_p) == (temperature, top_p)
    assert settings.max_seconds * 25 == frames
    assert (settings.repeat_window, settings.repeat_limit) == (7, 2)


def test_flag_wins_over_environment_over_file_over_preset(tmp_path: Path) -> None:
    path = toml(tmp_path, 'preset = "high_quality"\ntemperature = 0.4\ntop-p = 0.5\nseed = 3\n')
    settings = resolve_settings(
        {"seed": 9}, {"HIGGS_SEED": "8", "HIGGS_TOP_P": "0.6", "HIGGS_STRICT": "true"}, path
    )
    assert (settings.seed, settings.top_p, settings.temperature) == (9, 0.6, 0.4)
    assert settings.max_seconds == 120 and settings.strict is True


def test_the_file_of_this_folder_is_read_if_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    toml(tmp_path, "chunk-words = 40\npause_turn = 1\n")
    settings = resolve_settings({}, {}, None)
    assert (settings.chunk_words, settings.pause_turn) == (40, 1.0)


def test_paths_of_a_file_are_relative_to_it_and_a_cast_is_a_table(tmp_path: Path) -> None:
    path = toml(
        tmp_path, 'voices = "my"\nas = "dialogue"\n[cast]\nAnn = "juniper"\n"B C" = "wren"\n'
    )
    settings = resolve_settings({}, {}, path)
    assert settings.voices == tmp_path / "my"
    assert settings.cast == ("Ann=juniper", "B C=wren")
    assert settings.read_as == "dialogue"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("chunk-wrods = 40\n", 'unknown setting "chunk-wrods"', "did you mean `chunk-words`?"),
        ('seed = "1"\n', 'seed: "1" is not a whole number', None),
        ("seed = true\n", "seed: True is not a whole number", None),
        ("strict = 1\n", "strict: 1 is not true or false", None),
        ("temperature = 3.0\n", "temperature: 3 is not between 0 and 2", None),
        ("temperature = nan\n", "is not between", None),
        ('chunk = "sentense"\n', "is not one of", "did you mean `sentences`?"),
        ("seed = \n", "not TOML", None),
        ('cast = ["a", 1]\n', "is not a list of strings", None),
    ],
)
def test_a_mistake_in_the_file_is_named_with_the_file(
    tmp_path: Path, text: str, message: str, hint: str | None
) -> None:
    with pytest.raises(UsageError) as caught:
        resolve_settings({}, {}, toml(tmp_path, text))
    assert message in caught.value.message and "higgs.toml" in caught.value.message
    assert hint is None or caught.value.hint == hint


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        resolve_settings({}, {}, tmp_path / "none.toml")


@pytest.mark.parametrize(("name", "value"), [("SEED", "x"), ("STRICT", "maybe"), ("TOP_P", "0,5")])
def test_a_mistake_in_the_environment_is_named_with_the_variable(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"HIGGS_{name}"):
        resolve_settings({}, {f"HIGGS_{name}": value}, None)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("word", "words"), ("fixed", "words"), ("semantic", "sentences"), ("speaker", "speaker")],
)
def test_synonyms_are_accepted(written: str, meant: str) -> None:
    assert resolve_settings({"chunk": written}, {}, None).chunk == meant


def test_a_renamed_setting_answers_with_its_new_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a flag, as a key of the file, and as a variable."""
    monkeypatch.setitem(RENAMED, "boldness", "temperature")
    assert main(["plan", "--boldness=1", "talk.txt"]) == 2
    assert "--boldness is called --temperature now" in capsys.readouterr().err
    with pytest.raises(UsageError, match='"boldness" is called "temperature" now'):
        resolve_settings({}, {}, toml(tmp_path, "boldness = 1\n"))
    with pytest.raises(UsageError, match="HIGGS_READ_AS is called HIGGS_AS now"):
        resolve_settings({}, {"HIGGS_READ_AS": "prose"}, None)


def test_a_manifest_keeps_every_setting_under_a_name_of_its_own() -> None:
    settings = Settings(temperature=0.4, cast=("A=b",), store=Path("x"), read_as="prose")
    record = recorded(settings)
    assert record["reading"]["as"] == "prose" and record["takes"]["store"] == "x"
    named = [setting for group in SETTING_OF.values() for setting in group.values()]
    of_one_command = {"cluster", "workers"}  # another machine may speak the same
    assert {*named} | of_one_command == {each.name for each in fields(Settings)}
    assert len(named) + len(of_one_command) == len(fields(Settings))
    assert from_record(record, 2, "a.json") == settings


def test_views_hold_every_setting_that_a_stage_needs() -> None:
    """Those that are nobody's view: where takes lie is the job's, a preset is resolved before."""
    choices = choices_of(Settings())
    seen = {each.name for view in vars(choices).values() for each in fields(view)}
    seen |= {f"pause_{each.name}" for each in fields(choices.planning.pauses)}
    assert {each.name for each in fields(Settings)} - seen == {"store", "preset"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a." * 40_000 + "a = 1", "larger than 65,536 bytes"),
        ("a." * 30 + "a = 1", "a key of more than 16 parts"),
        ("a = {" + "b." * 30 + "c = 1}", "a key of more than 16 parts"),
        ("temperature = 1" + "0" * 400, "is not between"),
        ("seed = 1" + "0" * 400, "is not between"),
        ("seed = " + "9" * 5000, "not TOML"),
    ],
)
def test_a_file_that_would_take_minutes_or_overflow_is_refused(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        resolve_settings({}, {}, toml(tmp_path, text))
