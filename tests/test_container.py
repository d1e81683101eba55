"""The container files: pinned, not for root, examined, and clean for a linter where one is here."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
import yaml

from tests.helpers import ROOT

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


def test_books_and_voices_are_only_read_and_models_are_kept() -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    assert set(compose["services"]) == {"cpu", "cuda"}
    for name, service in compose["services"].items():
        mounts = dict(line.split(":", 1) for line in service["volumes"])
        assert mounts["./books"] == "/books:ro" and mounts["./voices"] == "/voices:ro"
        assert mounts["./models"] == "/models" and mounts["./audio"] == "/audio"
        assert service["build"]["target"] == name and not service["user"].startswith("0")
        assert service["command"][0] == "batch"


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
