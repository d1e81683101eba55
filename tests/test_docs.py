"""What README and docs say works as written: every command, block of Python, file and link."""

from __future__ import annotations

import argparse
import importlib
import re
import shutil
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import NoReturn

import pytest
from typer.main import get_command

from higgs_cli.app import app, main
from higgs_cli.files.mirror import Mirror
from higgs_cli.files.object_address import object_address
from higgs_cli.settings.docs import updated
from higgs_cli.terminal.console import call_paths
from tests.doc_pages import PAGES, ROOT, Command, blocks, commands, shown_files
from tests.files.object_stores import name_server, s3_server
from tests.helpers import CommandLine

MOST_README_LINES, MOST_README_BYTES = 150, 8192

ONLY_PARSED = {
    "download": ("needs a network", "higgs_cli.checkpoints.hub.language_model_at"),
    "bench": ("takes a minute", "higgs_cli.tools.benchmarks.measure_speed"),
    "eval": ("needs a recogniser and minutes", "higgs_cli.evaluation.judges.JudgeNames"),
    "compare": ("needs a recogniser and ears", "higgs_cli.evaluation.judges.JudgeNames"),
    "serve": ("runs until it is stopped", "higgs_cli.server.run.serve"),
    "studio": ("runs until it is stopped", "higgs_cli.studio.run.run_studio"),
    "train lm": ("takes hours", "model.training.lm_trainer.LmTrainer"),
    "train codec": ("takes hours", "tokenizer.training.codec_run.open_codec_run"),
    "codec convert": ("needs a download", "higgs_cli.tools.codec_folders.convert_codec"),
}
"""Verb → why it is not run to its end, and what it is run up to: the first of its real work."""

OTHER_PROGRAMS = {
    "pip install": "needs a network; its extras and pins are checked",
    "python -m bench.": "takes minutes; its options are parsed",
    "examples/render_book.sh": "run by tests/commands/test_render_book.py",
    "examples/render_night.sh": "run by tests/commands/test_render_book.py",
    "curl": "typed by tests/server/test_server_docs.py to a server that runs",
    "pytest": "is this very suite",
    "./check": "runs this very suite",
    ".ci/run": "runs this very suite",
    "python3 -m venv": "every environment of the tests was made so",
    ". .venv/bin/activate": "changes a shell",
    "lint-imports": "run by tests/test_layers.py",
    "ruff": "run by ./check",
    "mypy": "run by ./check",
    "python -m higgs_cli.settings.docs": "its result is compared with the page",
    "python -m higgs_cli.files.installation": "its result is compared with the list",
}
"""Beginning of a command that is not `higgs` → why it is not run here."""

PRIVATE_WORDS = re.compile(
    r"\b(custody|mint(ed|ing)|boldness|dearness|stash(ed)?)\b", re.IGNORECASE
)


class Reached(Exception):
    """The options were read and checked; what would follow is the work itself."""


def stop(*arguments: object, **named: object) -> NoReturn:
    raise Reached


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def all_commands() -> list[Command]:
    return [command for page in PAGES for command in commands(page)]


def verb_of(command: Command) -> str:
    """`render`, `train lm`: as `ONLY_PARSED` has them."""
    words = command.higgs_words or ()
    groups = ("codec", "train", "voices", "scenes")
    return " ".join(words[: 2 if words[:1] and words[0] in groups else 1])


@contextmanager
def what_it_needs(page: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Of pages whose commands need more than a folder."""
    needs = {"storage.md": object_store, "cluster.md": local_cluster}
    with needs[page.name](monkeypatch) if page.name in needs else nullcontext():
        yield


@contextmanager
def object_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """With a book and a library of voices in it."""
    pytest.importorskip("obstore", reason="obstore is not installed")
    with s3_server("books", "audio") as port:
        name_server(monkeypatch, port)
        books = Mirror(object_address("s3://books"))
        shutil.copytree(ROOT / "voices", books.folder / "voices")
        (books.folder / "emma.txt").write_text("Emma was clever. So much was sure.\n")
        books.send(lambda name: True)
        yield
    call_paths(str)


@contextmanager
def local_cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Started by the first command that wants one."""
    ray = pytest.importorskip("ray", reason="ray is not installed")
    yield
    ray.shutdown()


# -- commands ------------------------------------------------------------------------------


def test_every_verb_is_shown_somewhere() -> None:
    shown = {command.higgs_words[0] for command in all_commands() if command.higgs_words}
    assert shown == set(get_command(app).commands)  # type: ignore[attr-defined]


def test_every_exception_is_needed() -> None:
    lines = [" ".join(command.words) for command in all_commands()]
    verbs = {verb_of(command) for command in all_commands()}
    assert not [verb for verb in ONLY_PARSED if verb not in verbs]
    assert not [
        start for start in OTHER_PROGRAMS if not any(line.startswith(start) for line in lines)
    ]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_commands_of_a_page_work_as_written_in_their_order(
    page: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    furnish(tmp_path, page)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    higgs = CommandLine(tmp_path, monkeypatch, capsys)
    with what_it_needs(page, monkeypatch):
        run_commands(page, higgs, monkeypatch, capsys)


def run_commands(
    page: Path,
    higgs: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for command in commands(page):
        if command.higgs_words is None:
            check_other_program(command, monkeypatch)
        elif (verb := verb_of(command)) in ONLY_PARSED:
            with monkeypatch.context() as patch, pytest.raises(Reached):
                patch.setattr(ONLY_PARSED[verb][1], stop)
                code = main(list(command.higgs_words))
                pytest.fail(f"{command}: ended with {code}: {capsys.readouterr().err}")
        else:
            ran = higgs(*command.higgs_words)
            assert ran.exit_code == command.exit_code, f"{command}\n{ran.stderr}"


def check_other_program(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    line = " ".join(command.words)
    assert any(line.startswith(start) for start in OTHER_PROGRAMS), f"{command}: never checked"
    if line.startswith("pip install"):
        check_pip(command)
    elif line.startswith("python -m bench."):
        check_bench(command, monkeypatch)
    elif line.startswith("pytest"):
        check_tests(command)
    elif "/" in command.words[0]:
        assert (ROOT / command.words[0]).is_file(), command


def check_pip(command: Command) -> None:
    """Extras exist, a pin is ours, constraints are a file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for word in command.words:
        if found := re.fullmatch(r"(?:\.|higgs)\[(.+)\]", word):
            assert set(found[1].split(",")) <= set(extras), command
        if "==" in word:
            assert any(word in pins for pins in extras.values()), command
    if "-c" in command.words:
        assert (ROOT / command.words[command.words.index("-c") + 1]).is_file()


def check_tests(command: Command) -> None:
    """The places are there; and where slow tests are asked for, there are some."""
    for word in command.words[1:]:
        if not word.startswith("-"):
            found = sorted((ROOT / word).rglob("test_*.py")) or [ROOT / word]
            texts = [path.read_text(encoding="utf-8") for path in found]
            assert "--slow" not in command.words or any("mark.slow" in each for each in texts)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_folders_of_tests_that_a_page_names_are_there(page: Path) -> None:
    named = re.findall(r"`(tests/[\w/.]*)`", page.read_text(encoding="utf-8"))
    assert not [each for each in named if not (ROOT / each).exists()]


def check_bench(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own parser takes the options."""
    parse = argparse.ArgumentParser.parse_args

    def parse_and_stop(self: argparse.ArgumentParser, *given: object) -> NoReturn:
        parse(self)
        raise Reached

    with monkeypatch.context() as patch, pytest.raises(Reached):
        patch.setattr(argparse.ArgumentParser, "parse_args", parse_and_stop)
        patch.setattr(sys, "argv", ["bench", *command.words[3:]])
        module = importlib.import_module(command.words[2])
        if hasattr(module, "__path__"):  # a package is started by its `__main__`
            module = importlib.import_module(f"{command.words[2]}.__main__")
        module.main()


def furnish(folder: Path, page: Path) -> None:
    """The files that a page speaks of: those that it shows, and recordings and texts beside."""
    for name in ("voices", "transcripts"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "my-model").symlink_to(ROOT / "model" / "mini")
    (folder / "my-codec").symlink_to(ROOT / "tokenizer" / "mini")
    (folder / "start").symlink_to(ROOT / "model" / "mini")
    (folder / "codec").symlink_to(ROOT / "tokenizer" / "mini")
    words = (folder / "voices" / "ambrose.txt").read_text(encoding="utf-8")
    for name in ("ann", "voice", "my_recording", "take3", "belinda", "belinda_angry", "a", "b"):
        shutil.copy(folder / "voices" / "ambrose.wav", folder / f"{name}.wav")
        (folder / f"{name}.txt").write_text(words, encoding="utf-8")
    lines = [f"This is line number {number} of the chapter." for number in range(1, 25)]
    texts = {
        "chapter.txt": "\n\n".join(lines[:7]) + "\n" + "\n".join(lines[7:]),
        "talk.txt": "ANN: Good evening to you all.\nBEN: And a good evening to you.",
        "quarrel.txt": "BELINDA (angry): I said no.\nNED: And I said yes.\nBELINDA: Very well.",
        "prompts.txt": "Come in.\nSit down, please.",
    }
    shown = {name: block.text for name, block in shown_files(page).items()}
    for name, text in {**texts, **shown}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text + "\n", encoding="utf-8")


# -- files, Python, links ------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_that_is_shown_is_read_by_a_command_of_its_page(page: Path) -> None:
    words = {word for command in commands(page) for word in command.words}
    for block in blocks(page):
        if block.language in ("yaml", "toml", "json"):
            assert block.file_name, f"{block.page}:{block.line}: this block is no file"
    folders = tuple(word for word in words if word.endswith("/"))
    shown = {name for name in shown_files(page) if not (folders and name.startswith(folders))}
    assert shown <= words | {"higgs.toml"}


PYTHON_PAGES = [page for page in PAGES if any(block.language == "python" for block in blocks(page))]


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # pydub leaves the file open that it read
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("page", PYTHON_PAGES, ids=name_of)
def test_the_python_of_a_page_runs_from_top_to_bottom(
    page: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    furnish(tmp_path, page)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    CommandLine(tmp_path, monkeypatch, capsys)
    names: dict[str, object] = {}
    for block in blocks(page):
        if block.language == "python":
            exec(compile(block.text, f"{block.page}:{block.line}", "exec"), names)
    assert names["report"].is_whole and len(names["spoken"])  # type: ignore[attr-defined, arg-type]


LINK = re.compile(r"\[[^\]\n]+\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in LINK.findall(re.sub(r"`[^`\n]*`", lambda code: code[0].replace("[", ""), text)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        assert place.exists(), f"{name_of(page)}: {target}"
        assert not anchor or anchor in anchors(place), f"{name_of(page)}: {target}"


def anchors(page: Path) -> Iterator[str]:
    for heading in re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE):
        yield re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_command_in_a_sentence_exists(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    root = get_command(app)
    for words in re.findall(r"`higgs ([a-z]+)(?: ([a-z]+))?", text):
        assert words[0] in root.commands, words  # type: ignore[attr-defined]


# -- the pages -----------------------------------------------------------------------------


def test_the_readme_is_one_page() -> None:
    data = (ROOT / "README.md").read_bytes()
    assert data.count(b"\n") <= MOST_README_LINES and len(data) <= MOST_README_BYTES


def test_the_readme_leads_to_every_page() -> None:
    linked = set(LINK.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    assert {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")} <= linked


def test_the_two_commands_of_the_readme_are_the_first_it_asks_for() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    hear, test = re.findall(r"```sh\n(.*)\n```", text)
    assert hear == (
        "pip install -c constraints.txt . && higgs render transcripts/dialogue_two_speakers.txt "
        "--voices voices/profile.yaml --ref-audio marigold,fergus -o dialogue.wav"
    )
    assert test == 'pip install -c constraints.txt ".[dev]" && pytest'


def test_the_tables_of_settings_are_up_to_date() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == updated(page), "python -m higgs_cli.settings.docs docs/settings.md"


def test_every_option_of_a_section_is_among_the_settings() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    render = get_command(app).commands["render"]  # type: ignore[attr-defined]
    for parameter in render.params:
        if getattr(parameter, "rich_help_panel", None):
            assert f"| `{parameter.opts[0]}` |" in page


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_pages_use_the_words_of_the_field(page: Path) -> None:
    found = PRIVATE_WORDS.search(page.read_text(encoding="utf-8"))
    assert found is None, found
