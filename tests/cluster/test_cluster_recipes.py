"""The recipes for clusters are what their programs read; a Slurm array renders each book once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

RECIPES = Path(__file__).parents[2] / "examples" / "cluster"


def test_the_cluster_file_is_one_that_ray_takes() -> None:
    pytest.importorskip("ray", reason="ray is not installed")
    schema = pytest.importorskip("ray.autoscaler._private.util")
    config = yaml.safe_load((RECIPES / "ray-cluster.yaml").read_text())
    schema.validate_config(schema.prepare_config(config))
    assert config["head_node_type"] in config["available_node_types"]


def test_the_kubernetes_job_runs_a_command_that_exists() -> None:
    job = yaml.safe_load((RECIPES / "kuberay.yaml").read_text())
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    words = job["spec"]["entrypoint"].split()
    assert words[:2] == ["higgs", "batch"]
    groups = job["spec"]["rayClusterSpec"]["workerGroupSpecs"]
    limits = groups[0]["template"]["spec"]["containers"][0]["resources"]["limits"]
    assert limits["nvidia.com/gpu"] == "1"


def test_the_tasks_of_an_array_render_every_book_once(tmp_path: Path) -> None:
    (tmp_path / "books").mkdir()
    for name in ("a.txt", "b c.md", "d.epub", "notes.csv"):
        (tmp_path / "books" / name).write_text("x")
    higgs = tmp_path / "bin" / "higgs"
    higgs.parent.mkdir()
    higgs.write_text(f'#!{sys.executable}\nimport sys\nprint("|".join(sys.argv[1:]))\n')
    higgs.chmod(0o755)
    told = []
    for task in range(2):
        environment = {
            **os.environ,
            "PATH": f"{higgs.parent}:{os.environ['PATH']}",
            "SLURM_ARRAY_TASK_ID": str(task),
            "SLURM_ARRAY_TASK_COUNT": "2",
        }
        command = [str(RECIPES / "slurm_array.sh"), "books", "audio", "--lanes", "8"]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, text=True, capture_output=True, check=True
        )
        told += done.stdout.splitlines()
    assert sorted(told) == [
        "render|books/a.txt|--lanes|8|-o|audio/a.wav",
        "render|books/b c.md|--lanes|8|-o|audio/b c.wav",
        "render|books/d.epub|--lanes|8|-o|audio/d.wav",
    ]
