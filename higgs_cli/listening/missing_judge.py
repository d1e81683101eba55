"""A judge whose package is not installed: said, and the others go on."""

from __future__ import annotations

import importlib
from types import ModuleType

from higgs_cli.errors import UsageError


class MissingJudgeError(UsageError):
    """What would measure this is not installed."""


def imported(module: str) -> ModuleType:
    """The module, or which package to install for it."""
    try:
        return importlib.import_module(module)
    except ImportError:
        package = module.partition(".")[0].replace("_", "-")
        raise MissingJudgeError(
            f"the package {package} is missing", hint='pip install "higgs[eval]"'
        ) from None
