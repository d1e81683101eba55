"""Chunks, pauses, runs and keys: what is said in one go, and what an edit touches."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from higgs_cli.casting.cast import Reference, Voice
from higgs_cli.planning.chunking import LONGEST_SECONDS
from higgs_cli.planning.estimate import measure
from higgs_cli.planning.keys import KEY_VERSION, KnownRecipes, digest, take_recipe
from higgs_cli.planning.plan import Plan
from higgs_cli.planning.sentences import JOINTS
from higgs_cli.settings.table import Settings
from tests.planning.planning_fixtures import planned, texts

SENTENCE = "The keeper went up the worn stone stairs slowly."
LONG = "This sentence has many clauses, " + "and one more clause with words, " * 40 + "and an end."


def keys(plan: Plan) -> list[str]:
    return [chunk.key for chunk in plan.chunks]


def test_sentences_are_packed_whole_up_to_the_seconds() -> None:
    plan = planned(" ".join([SENTENCE] * 6), Settings(chunk_seconds=8))
    assert texts(plan) == [f"{SENTENCE} {SENTENCE}"] * 3


def test_words_count_whole_sentences_and_in_chinese_characters() -> None:
    plan = planned(" ".join([SENTENCE] * 4), Settings(chunk="words", chunk_words=20))
    assert texts(plan) == [f"{SENTENCE} {SENTENCE}"] * 2
    chinese = planned(
        "清晨海面上还有雾。老人推开木门。女孩数了很多很多的船。",
        Settings(chunk="words", chunk_words=15),
    )
    assert texts(chinese) == ["清晨海面上还有雾.老人推开木门.", "女孩数了很多很多的船."]


def test_a_speaker_chunk_is_the_whole_turn_and_turns_can_be_joined() -> None:
    source = f"[SPEAKER0] {SENTENCE} {SENTENCE}\n\n{SENTENCE}\n[SPEAKER1] {SENTENCE}"
    assert texts(planned(source, Settings(chunk="speaker"))) == [
        f"{SENTENCE} {SENTENCE}",
        SENTENCE,
        SENTENCE,
    ]
    joined = planned(source, Settings(chunk="speaker", chunk_turns=2))
    assert texts(joined) == [f"{SENTENCE} {SENTENCE} {SENTENCE}", SENTENCE]


@pytest.mark.parametrize("mode", ["sentences", "words", "speaker"])
@pytest.mark.parametrize("preset_seconds", [30.0, 60.0, 120.0])
def test_no_chunk_comes_near_the_length_where_takes_are_cut(
    mode: str, preset_seconds: float
) -> None:
    source = f"{LONG} {LONG}\n\n{SENTENCE * 30}\n\n" + "清晨海面上还有雾，" * 200
    settings = Settings(chunk=mode, chunk_words=120, max_seconds=preset_seconds, chunk_seconds=50)
    for chunk in planned(source, settings).chunks:
        assert chunk.seconds <= LONGEST_SECONDS
        assert chunk.frame_budget == measure(chunk.text).frame_budget <= preset_seconds * 25


def test_a_sentence_is_cut_only_when_it_alone_is_over_budget_and_then_at_clauses() -> None:
    plan = planned(LONG, Settings(chunk_seconds=20))
    assert len(plan.chunks) > 2
    assert all(text.endswith((",", ".")) for text in texts(plan))
    assert {text[:8] for text in texts(plan)[1:]} == {"and one "}


def test_a_word_is_never_split() -> None:
    word = "pneumono" * 60
    plan = planned(f"{word} {word}, and {SENTENCE}", Settings(chunk_seconds=2))
    assert sum(text.count(word) for text in texts(plan)) == 2


def test_very_short_lines_join_a_neighbour_of_the_same_speaker_only() -> None:
    plan = planned(
        "[SPEAKER0] Yes.\n\nI will go there with you now.\n[SPEAKER1] No.\n[SPEAKER0] Oh."
    )
    assert texts(plan) == ["Yes. I will go there with you now.", "No.", "Oh."]


def test_turns_that_are_joined_do_not_run_together() -> None:
    assert texts(planned("The Night Ferry\n\nIt rained.")) == ["The Night Ferry. It rained."]


def test_a_written_pause_and_a_scene_are_never_joined_over() -> None:
    plan = planned("One. [pause 2] Two.\n\n***\n\nThree.")
    assert texts(plan) == ["One.", "Two.", "Three."]
    assert [(chunk.pause.kind, chunk.pause.seconds) for chunk in plan.chunks] == [
        ("start", 0.0),
        ("written", 2.0),
        ("scene", 1.6),
    ]


def test_pauses_have_their_kinds_and_can_be_set() -> None:
    source = (
        f"# One\n\n[SPEAKER0] {SENTENCE} {SENTENCE}\n\n{SENTENCE}\n[SPEAKER1] {SENTENCE}\n\n"
        f"# Two\n\n[SPEAKER1] {SENTENCE}\n"
    )
    plan = planned(source, Settings(chunk_seconds=4, pause_turn=0.9, pause_chapter=4))
    assert [(chunk.pause.kind, chunk.pause.seconds) for chunk in plan.chunks] == [
        ("start", 0.0),
        ("sentence", 0.3),
        ("paragraph", 0.6),
        ("turn", 0.9),
        ("chapter", 4.0),
    ]


def dialogue(count: int) -> str:
    return "".join(f"[SPEAKER{i % 2}] {SENTENCE} Line {i}.\n" for i in range(count))


def test_solo_runs_are_one_speakers_chunks_and_ensemble_runs_the_scripts_order() -> None:
    solo = planned(dialogue(6), Settings(run_chunks=8))
    assert [(run.speakers, run.chunks) for run in solo.runs] == [
        (("SPEAKER0",), (0, 2, 4)),
        (("SPEAKER1",), (1, 3, 5)),
    ]
    ensemble = planned(dialogue(6), Settings(ensemble=True, run_chunks=8))
    assert [run.chunks for run in ensemble.runs] == [(0, 1, 2, 3, 4, 5)]
    assert ensemble.runs[0].speakers == ("SPEAKER0", "SPEAKER1")


def test_runs_end_with_the_scene_and_after_a_bounded_number_of_chunks() -> None:
    plan = planned(dialogue(40) + "***\n" + dialogue(2), Settings(run_chunks=8))
    assert max(len(run.chunks) for run in plan.runs) == 8
    assert sorted(number for run in plan.runs for number in run.chunks) == list(range(42))
    assert all(len({plan.chunks[n].scene for n in run.chunks}) == 1 for run in plan.runs)


def test_keys_are_unique_even_among_equal_lines() -> None:
    source = "# One\n\n" + "[SPEAKER0] Yes.\n[SPEAKER1] Yes.\n" * 5
    plan = planned(source + "# Two\n" + "[SPEAKER0] Yes.\n[SPEAKER1] Yes.\n" * 5)
    assert len(set(keys(plan))) == len(plan.chunks) == 20
    assert len({chunk.seed for chunk in plan.chunks}) == 20


def test_a_line_inserted_at_the_top_orphans_nothing() -> None:
    before, after = (
        planned(dialogue(20)),
        planned("[SPEAKER1] A new line at the top.\n" + dialogue(20)),
    )
    assert keys(after)[1:] == keys(before)


def test_an_edited_line_changes_its_own_key_alone() -> None:
    before = planned(dialogue(20))
    after = planned(dialogue(20).replace("Line 7.", "Line seven."))
    changed = [
        i
        for i, pair in enumerate(zip(keys(before), keys(after), strict=True))
        if len(set(pair)) > 1
    ]
    assert changed == [7]


def test_an_equal_line_in_an_earlier_chapter_costs_one_take() -> None:
    body = "# Two\n[SPEAKER0] Yes, I do.\n[SPEAKER0] And so it is with me.\n[SPEAKER0] Yes, I do.\n"
    first = "# One\n[SPEAKER1] Somebody speaks here first.\n"
    before = planned(first + body)
    after = planned(first + "[SPEAKER0] Yes, I do.\n" + body)
    assert len(set(keys(after)) - set(keys(before))) <= 1


def voice(content: str, **more: object) -> Voice:
    return Voice("a", Reference(Path("a.wav"), "Text.", content), origin="p.yaml", **more)  # type: ignore[arg-type]


def test_a_key_knows_the_sound_of_a_voice_and_not_its_name_or_gain() -> None:
    source = "[SPEAKER0] Hello there."
    base = keys(planned(source, voices={"SPEAKER0": voice("1")}))
    renamed = replace(voice("1"), name="b", gain_db=3.0)
    assert keys(planned(source, voices={"SPEAKER0": renamed})) == base
    assert keys(planned(source, voices={"SPEAKER0": voice("2")})) != base


@pytest.mark.parametrize(
    "other",
    [Settings(seed=1), Settings(temperature=0.3), Settings(top_p=0.5), Settings(ensemble=True)],
)
def test_a_key_knows_seed_and_sampling(other: Settings) -> None:
    assert set(keys(planned(dialogue(3)))).isdisjoint(keys(planned(dialogue(3), other)))


def test_a_key_does_not_know_pauses_lanes_or_loudness() -> None:
    other = Settings(pause_turn=2, lanes=3, loudness=-16, retries=0, device="cpu")
    assert keys(planned(dialogue(3))) == keys(planned(dialogue(3), other))


def test_a_key_is_the_digest_of_its_recipe_and_the_model_adds_its_own_parts() -> None:
    chunk = planned(dialogue(1)).chunks[0]
    assert digest(chunk.recipe) == chunk.key
    take = take_recipe(chunk.recipe, model="m", codec="c", precision="fp32")
    assert digest(take) != digest(take_recipe(chunk.recipe, model="n", codec="c", precision="fp32"))


def test_a_digest_is_of_the_json_of_its_recipe() -> None:
    recipe = {"text": 'A "quoted" wörd,\n你好\\ \u2028 🦉', "speaker": "Zoë", "a": "\x7f"}
    written = json.dumps({"version": KEY_VERSION, **recipe}, sort_keys=True)
    assert digest(recipe) == hashlib.sha256(written.encode()).hexdigest()


def test_it_can_say_why_no_stored_take_fits() -> None:
    stored = [chunk.recipe for chunk in planned(dialogue(4)).chunks]
    known = KnownRecipes(stored)
    assert known.why_new(planned(dialogue(4), Settings(seed=9)).chunks[0].recipe) == "changed: seed"
    other = planned(dialogue(4), Settings(temperature=0.2), scene="A hall.")
    assert known.why_new(other.chunks[1].recipe) == "changed: sampling, scene"
    assert known.why_new({**stored[0], "text": "Other."}) == "new text"
    again = planned("[SPEAKER0] Yes.\n[SPEAKER1] So.\n[SPEAKER0] Yes.")
    only_first = KnownRecipes([again.chunks[0].recipe])
    assert only_first.why_new(again.chunks[2].recipe) == "said more often than before"


def test_what_is_said_otherwise_than_written_is_on_record() -> None:
    plan = planned("Dr. Lee paid $5. [laugh]", expands=True)
    source = plan.script.source
    said = [(source[p.start : p.end], p.text, p.rule) for p in plan.chunks[0].replacements]
    assert said == [
        ("Dr.", "Doctor", "expansion"),
        ("$5", "five dollars", "expansion"),
        ("[laugh]", "<SE>[Laughter]</SE>", "sound"),
    ]


def test_budgets_follow_the_formula() -> None:
    ten_words = measure("one two three four five six seven eight nine ten")
    assert ten_words.frame_budget == 25 * 9 + 9
    assert 0 < ten_words.minimum_frames < ten_words.seconds * 25 / 2


@pytest.mark.slow
def test_a_hundred_thousand_chunks_are_planned_in_a_minute_of_cpu() -> None:
    import time

    source = "".join(
        f"[SPEAKER{i % 3}] Mr. Hale counted {i} steps to the lamp, and then he went down again.\n"
        for i in range(100_000)
    )
    began = time.process_time()
    plan = planned(source, expands=True)
    assert len(plan.chunks) == 100_000
    assert time.process_time() - began < 60


ALONG = (
    "She walked along the shore with the lamp in her hand and the keys at her belt while the sea "
    "rose behind her and the wind came down from the hills over the empty fields to the harbour"
)


def test_a_sentence_that_is_too_long_is_cut_before_a_preposition_without_stop_or_pause() -> None:
    plan = planned(f"{ALONG}.", Settings(chunk_seconds=6))
    assert len(plan.chunks) > 2
    assert " ".join(texts(plan)) == f"{ALONG}."
    for chunk in plan.chunks[1:]:
        assert chunk.text.split()[0] in JOINTS
        assert chunk.pause.seconds == 0.0


def test_the_next_sentence_has_its_pause_again() -> None:
    plan = planned(f"{ALONG}. She stopped there and listened to it.", Settings(chunk_seconds=6))
    assert plan.chunks[-1].pause.seconds > 0
