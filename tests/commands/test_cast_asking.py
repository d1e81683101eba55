"""A language model may propose speakers: through the sheet, and knowing what was sent to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.commands.test_cast_command import NOVEL
from tests.helpers import CommandLine


class StandIn(HTTPServer):
    """A chat endpoint on this machine that says what it is told to say."""

    says: str = '{"1": "Elinor Vane"}'
    status: int = 200
    location: str | None = None

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, dict[str, Any], str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: StandIn

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, body, self.headers.get("Authorization")))
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.end_headers()
        reply = {"choices": [{"message": {"content": self.server.says}}]}
        self.wfile.write(json.dumps(reply).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[StandIn]:
    with StandIn() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    line = CommandLine(tmp_path, monkeypatch, capsys)
    line.write("novel.txt", NOVEL)
    return line


def lines_of(command: CommandLine) -> str:
    return (command.folder / "cast.yaml").read_text().partition("lines:\n")[2]


def asked(command: CommandLine, server: StandIn) -> Any:
    return command(
        "cast", "novel.txt", "-o", "cast.yaml", "--ask", server.url, "--ask-model", "tiny"
    )


def test_a_proposal_stands_in_the_sheet_as_a_guess(
    command: CommandLine, server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIGGS_ASK_TOKEN", "secret")
    ran = asked(command, server)
    assert ran.exit_code == 0
    assert "about 1 quotations" in ran.stderr and "characters of novel.txt" in ran.stderr
    ((path, body, token),) = server.asked
    assert path == "/v1/chat/completions" and token == "Bearer secret"
    assert body["model"] == "tiny"
    sent = body["messages"][0]["content"]
    assert "[1]“Hark!”" in sent and "Elinor Vane" in sent
    assert "proposed by tiny" in lines_of(command) and '"Elinor Vane?"' in lines_of(command)
    assert "secret" not in ran.stderr + ran.stdout + lines_of(command)


@pytest.mark.parametrize(
    "says", ['{"1": "Somebody Else"}', "I think it is Elinor.", '{"1": ["Elinor"]}', "[]", "{{{"]
)
def test_what_is_no_name_of_the_book_changes_nothing(
    command: CommandLine, server: StandIn, says: str
) -> None:
    command("cast", "novel.txt", "-o", "cast.yaml")
    before = lines_of(command)
    server.says = says
    assert asked(command, server).exit_code == 0
    assert lines_of(command) == before


def test_a_person_is_not_asked_again_by_a_machine(command: CommandLine, server: StandIn) -> None:
    command("cast", "novel.txt", "-o", "cast.yaml")
    sheet = (command.folder / "cast.yaml").read_text()
    command.write("cast.yaml", sheet.replace('?"', '"'))
    assert asked(command, server).exit_code == 0
    assert server.asked == []


@pytest.mark.parametrize(("status", "location"), [(500, None), (302, "http://127.0.0.1:9/x")])
def test_an_address_that_fails_is_one_line_and_no_sheet(
    command: CommandLine, server: StandIn, status: int, location: str | None
) -> None:
    server.status, server.location = status, location
    ran = asked(command, server)
    assert ran.exit_code == 1
    assert f"answers {status}" in ran.stderr and "Traceback" not in ran.stderr
    assert not (command.folder / "cast.yaml").exists()


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x", "http://me:pw@host/v1", "x"])
def test_only_http_addresses_without_a_password_are_asked(command: CommandLine, url: str) -> None:
    ran = command("cast", "novel.txt", "--ask", url, "--ask-model", "tiny")
    assert ran.exit_code == 2
    assert "not an http address" in ran.stderr
