"""Only whoever has the token uses a studio, from its own page; nothing a client sends is a path."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from higgs_cli.studio.app import create_studio
from higgs_cli.studio.desk import Desk
from tests.fakes import FakeSynthesizer
from tests.studio.desks import TALK, TOKEN, open_desk

HERE = "http://127.0.0.1:8090"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    Path("talk.txt").write_text(TALK)
    desk = open_desk(Path("talk.txt"), tmp_path / "heard", FakeSynthesizer())
    yield desk
    desk.close()


def client_of(desk: Desk, base: str = HERE, **more: bool) -> TestClient:
    return TestClient(create_studio(desk, TOKEN, **more), base_url=base, follow_redirects=False)


def test_without_the_token_nothing_is_told(desk: Desk) -> None:
    client = client_of(desk)
    for path in ("/", "/api/books", "/page/studio.js", "/api/state", "/?token=wrong"):
        assert client.get(path).status_code == 401
    assert client.get("/api/books", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client.get(f"/api/books?token={TOKEN}").status_code == 401


def test_the_printed_address_leaves_a_cookie_that_no_script_reads(desk: Desk) -> None:
    client = client_of(desk)
    first = client.get(f"/?token={TOKEN}")
    assert first.status_code == 200
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert client.get("/api/books").status_code == 200
    assert "default-src 'none'" in first.headers["content-security-policy"]
    assert "unsafe" not in first.headers["content-security-policy"]
    assert "<script>" not in first.text and "style=" not in first.text


def test_no_other_page_can_press_a_button(desk: Desk) -> None:
    client = client_of(desk)
    client.get(f"/?token={TOKEN}")
    path = "/api/books/0/undo"
    for origin in ("http://evil.example", "null", "http://127.0.0.1:9999", None):
        headers = {"Origin": origin} if origin else {}
        assert client.post(path, json={"step": 1}, headers=headers).status_code == 403
    assert client.post(path, json={"step": 1}, headers={"Origin": HERE}).status_code == 409
    embedded = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert client.get("/api/books", headers=embedded).status_code == 403


def test_a_foreign_name_that_leads_here_is_refused(desk: Desk) -> None:
    assert client_of(desk, "http://evil.example").get("/", headers=BEARER).status_code == 403
    assert client_of(desk, "http://localhost:8090").get("/", headers=BEARER).status_code == 200
    there = client_of(desk, "http://192.168.1.2:8090", is_local=False)
    assert there.get("/", headers=BEARER).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/page/..%2fapp.py",
        "/page/%2e%2e/app.py",
        "/page//etc/passwd",
        "/api/heard/..%2f..%2fetc%2fpasswd",
        "/api/books/7",
        "/api/books/-1",
        "/api/books/0/chapters/99",
        "/api/books/0/lines/..%2f..%2ftalk.txt",
        "/api/books/0/lines/nothing/takes/0/sound.wav",
        "/api/books/0/exports/..%2f..%2f/0",
        "/api/books/0/exports/m4b/0",
    ],
)
def test_what_is_no_name_of_ours_is_not_here(desk: Desk, path: str) -> None:
    answer = client_of(desk).get(path, headers=BEARER)
    assert answer.status_code in (400, 404) and "Traceback" not in answer.text


def test_whatever_is_sent_is_answered_and_never_a_fault(desk: Desk) -> None:
    chance = random.Random(19)
    client = client_of(desk)
    line = client.get("/api/books/0/chapters/0", headers=BEARER).json()["lines"][0]["id"]
    paths = [
        f"/api/books/0/lines/{line}/{verb}"
        for verb in ("choose", "lock", "unlock", "retake", "words", "pause", "mood")
    ]
    paths += [
        f"/api/books/0/{verb}"
        for verb in ("undo", "lexicon", "lexicon/preview", "cast", "cast/cost", "cast/audition")
    ]
    values = [
        None,
        True,
        -1,
        1e308,
        "",
        "x" * 30_000,
        "\x00",
        "\ud800".encode("utf-8", "replace").decode(),
        [],
        {},
        ["a"],
        "Hale",
        line,
    ]
    names = [
        "seen",
        "attempt",
        "text",
        "seconds",
        "mood",
        "word",
        "replacement",
        "line",
        "speaker",
        "voice",
        "voices",
        "step",
    ]
    for _ in range(400):
        body = {name: chance.choice(values) for name in chance.sample(names, chance.randint(0, 4))}
        answer = client.post(chance.choice(paths), json=body, headers=BEARER)
        assert answer.status_code in (200, 400, 404, 409, 413), (
            answer.status_code,
            body,
            answer.text,
        )
    odd = client.post(
        paths[0], content=b"\xff{", headers=BEARER | {"Content-Type": "application/json"}
    )
    assert odd.status_code == 400
    assert Path("talk.txt").read_text() == TALK


def test_a_body_beyond_all_measure_is_refused(desk: Desk) -> None:
    answer = client_of(desk).post("/api/books/0/undo", content=b" " * (2 << 20), headers=BEARER)
    assert answer.status_code == 413
