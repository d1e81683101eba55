"""The container files: pinned, not for root, examined, and clean for a linter where one is here."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import Any

import pytest
import yaml

from tests.helpers import ROOT
from tests.server.serving import server_of_mini

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
STAGES = {
    found[2]: part
    for part in re.split(r"(?m)^(?=FROM )", DOCKERFILE)
    if (found := re.match(r"FROM (\S+) AS (\w+)", part))
}


def test_there_is_a_base_for_a_cpu_and_one_for_cuda_both_pinned() -> None:
    assert set(STAGES) == {"wheel", "cpu", "cuda"}
    bases = re.findall(r"(?m)^FROM (\S+)", DOCKERFILE)
    assert all(re.search(r":[\w.-]*\d", base) and not base.endswith("latest") for base in bases)
    assert "nvidia/cuda" in STAGES["cuda"]


@pytest.mark.parametrize("stage", ["cpu", "cuda"])
def test_nobody_is_root_and_the_container_examines_itself(stage: str) -> None:
    lines = STAGES[stage].splitlines()
    users = [line for line in lines if line.startswith("USER ")]
    assert users == ["USER 1000:1000"]
    after = lines[lines.index(users[0]) :]
    assert not any(line.startswith(("RUN ", "COPY ", "ADD ")) for line in after)
    assert any('CMD ["higgs", "doctor", "--quiet"]' in line for line in after)
    assert 'ENTRYPOINT ["higgs"]' in after


COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]


def mounts_of(service: dict[str, Any]) -> dict[str, str]:
    return dict(line.split(":", 1) for line in service["volumes"])


@pytest.mark.parametrize("name", ["cpu", "cuda"])
def test_books_and_voices_are_only_read_and_models_are_kept(name: str) -> None:
    service = COMPOSE[name]
    mounts = mounts_of(service)
    assert mounts["./books"] == "/books:ro" and mounts["./voices"] == "/voices:ro"
    assert mounts["./models"] == "/models" and mounts["./audio"] == "/audio"
    assert service["build"]["target"] == name and not service["user"].startswith("0")
    assert service["command"][0] == "batch"


@pytest.mark.parametrize("name", ["serve", "serve-cuda"])
def test_a_server_is_reached_from_this_machine_with_a_token_and_says_when_it_is_ready(
    name: str,
) -> None:
    service = COMPOSE[name]
    assert service["command"] == ["serve", "--host", "0.0.0.0", "--added-voices", "/added"]
    assert "HIGGS_SERVE_TOKENS" in service["environment"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    mounts = mounts_of(service)
    assert mounts["./voices"] == "/voices:ro" and mounts["./added"] == "/added"
    assert service["build"]["target"] == ("cuda" if name == "serve-cuda" else "cpu")
    assert not service["user"].startswith("0") and service["profiles"] == [name]
    assert set(COMPOSE) == {"cpu", "cuda", "serve", "serve-cuda"}


def test_its_healthcheck_is_what_it_says() -> None:
    """Typed here, at a server that is ready and at a port where none is."""
    program, flag, code = COMPOSE["serve"]["healthcheck"]["test"][1:]
    assert (program, flag) == ("python3", "-c") and ":8080/readyz" in code
    with server_of_mini() as served:
        ready = code.replace("http://127.0.0.1:8080", served.address)
        assert subprocess.run([sys.executable, flag, ready]).returncode == 0
    gone = subprocess.run([sys.executable, flag, ready], capture_output=True)
    assert gone.returncode != 0


def test_the_compose_file_is_one() -> None:
    """By the specification's own schema, which check-jsonschema has."""
    checker = shutil.which("check-jsonschema")
    if checker is None:
        pytest.skip("check-jsonschema is not here")
    command = [checker, "--builtin-schema", "vendor.compose-spec", str(ROOT / "compose.yaml")]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout


def test_the_linter_has_nothing_to_say() -> None:
    linter = shutil.which("hadolint")
    if linter is None:
        pytest.skip("hadolint is not here")
    ran = subprocess.run([linter, str(ROOT / "Dockerfile")], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
