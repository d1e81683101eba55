"""What was asked for, as workers: on devices of this machine, or of a cluster."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from higgs_cli.cluster.ray_workers import RayWorkers
from higgs_cli.cluster.synthesizer import RemoteSynthesizer
from higgs_cli.errors import UsageError
from higgs_cli.files.mirror import Mirror
from higgs_cli.files.stand_ins import address_of
from higgs_cli.settings.views import ModelChoice
from higgs_cli.speech.protocol import Synthesizer

CUDA_DEVICE = re.compile(r"cuda:(\d+)")


def open_workers(
    choice: ModelChoice,
    open_speech: Callable[[ModelChoice], Synthesizer],
    render: Callable[[Sequence[Any], ModelChoice], Any],
) -> RemoteSynthesizer:
    """As many as there are devices, or as were asked for; each opens the model by itself. `render`
    makes files of jobs, with another choice of the model."""
    count, device = choice.workers, choice.device
    on_gpu = None if device == "auto" else device.startswith("cuda")
    if "," in device or (CUDA_DEVICE.fullmatch(device) and not choice.cluster):
        devices = _cuda_devices(choice)
        os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(devices)
        count, device = count or len(devices), "cuda"
    elif on_gpu:
        device = "cuda"  # each sees one
    alone = replace(choice, cluster=None, workers=None, device=device)
    workers = RayWorkers(partial(open_speech, alone), choice.cluster, count, on_gpu)
    here = replace(alone, device="cpu")
    return RemoteSynthesizer(
        workers, partial(open_speech, here), partial(rendered_there, render, here)
    )


def rendered_there(
    render: Callable[[Sequence[Any], ModelChoice], Any],
    choice: ModelChoice,
    jobs: Sequence[Any],
    weights: str,
) -> Any:
    """Called where it runs: what lies in an object store is fetched there and sent from there."""
    for job in jobs:
        for path in job.inputs:
            if (address := address_of(path)) is not None:
                Mirror(address.parent).fetch(partial(_is_named, path.stem))
    reports = render(jobs, replace(choice, dtype=weights))
    for job in jobs:
        if job.output is not None and (address := address_of(job.output)) is not None:
            Mirror(address.parent).send(partial(_is_named, job.output.stem))
    return reports


def _is_named(stem: str, name: str) -> bool:
    return "/" not in name and name.startswith(stem)


def _cuda_devices(choice: ModelChoice) -> list[str]:
    found = [CUDA_DEVICE.fullmatch(each.strip()) for each in choice.device.split(",")]
    numbers = [each[1] for each in found if each]
    if len(numbers) < len(found) or len(set(numbers)) < len(numbers):
        raise UsageError(f"--device {choice.device} names no devices", hint="cuda:0,cuda:1")
    if choice.cluster:
        raise UsageError("--device with several devices is for one machine, --cluster for many")
    if choice.workers and choice.workers > len(numbers):
        raise UsageError(
            f"--workers {choice.workers} on {choice.device}: each has a device of its own",
            hint=f"name as many devices, or --device cuda for any {choice.workers} of them",
        )
    return numbers
