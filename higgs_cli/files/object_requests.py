"""A request to an object store: asked again while that is harmless, and its trouble in one line.

The client itself asks again, with growing pauses and some chance, what never got an answer; here
what was cut off in the middle of one. Nothing of a key or a token is ever in a message.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from higgs_cli.errors import HiggsError, UsageError
from higgs_cli.stopping import checkpoint

TRIES = 4
PAUSE_SECONDS = 0.2
NO_BUCKET = "NoSuchBucket"
AGAIN = "run the same command again; finished takes are kept"

Answer = TypeVar("Answer")


def answered(ask: Callable[[], Answer], verb: str, where: str) -> Answer:
    """What is answered; a `FileNotFoundError` where there is no such object."""
    from obstore.exceptions import BaseError, GenericError

    for left in reversed(range(TRIES)):
        try:
            return ask()
        except FileNotFoundError as problem:
            if NO_BUCKET in str(problem):
                raise _explained(verb, where, problem) from None
            raise
        except GenericError as problem:
            if not left:
                raise _explained(verb, where, problem) from None
            checkpoint()
            time.sleep(PAUSE_SECONDS * (TRIES - left))
        except (BaseError, OSError, ValueError) as problem:
            raise _explained(verb, where, problem) from None
    raise AssertionError("unreachable")


def _explained(verb: str, where: str, problem: Exception) -> HiggsError:
    reason, hint = _reason(problem)
    kind = UsageError if NO_BUCKET in str(problem) else HiggsError
    return kind(f"cannot {verb} {where}: {reason}", hint=hint)


def _reason(problem: Exception) -> tuple[str, str | None]:
    """What the client says, without addresses and headers."""
    from obstore.exceptions import PermissionDeniedError, UnauthenticatedError

    said = str(problem)
    if isinstance(problem, (PermissionDeniedError, UnauthenticatedError)) or " 403 " in said:
        keys = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of somebody who may"
        return "permission denied by the object store", keys
    if NO_BUCKET in said:
        return "there is no such bucket", "buckets are made with the store's own tools"
    _, found, status = said.partition("non-2xx status code: ")
    if found:
        return f"the object store answers {status.splitlines()[0].strip(' :')}", AGAIN
    return "the object store does not answer", AGAIN
