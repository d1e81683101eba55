"""`s3://bucket/prefix`: how a person writes where objects lie, and how the client is made of it.

Endpoint, region and credentials come from the environment, as every program of this protocol takes
them (`AWS_ENDPOINT_URL_S3`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, …), from a role of the machine, or,
where boto3 is installed, from the profiles of `~/.aws`. None of it is ever printed.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from higgs_cli.errors import UsageError

if TYPE_CHECKING:
    from obstore.store import S3Store

SCHEME = "s3://"
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
PROFILES = ("~/.aws/config", "~/.aws/credentials")
USUAL_REGION = "us-east-1"
"""Stores behind an endpoint of their own ask for one all the same."""
REQUEST_SECONDS = 60
RETRIES = 6
FIRST_PAUSE, LONGEST_PAUSE = timedelta(milliseconds=100), timedelta(seconds=5)
RETRY_SECONDS = timedelta(seconds=60)


@dataclass(frozen=True)
class ObjectAddress:
    """A bucket, and what the names in it begin with; `str` gives it as it was written."""

    bucket: str
    prefix: str = ""

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}" + (f"/{self.prefix}" if self.prefix else "")

    def __truediv__(self, name: str) -> ObjectAddress:
        return ObjectAddress(self.bucket, f"{self.prefix}/{name}" if self.prefix else name)

    @property
    def name(self) -> str:
        """The last part."""
        return (self.prefix or self.bucket).rpartition("/")[2]

    @property
    def parent(self) -> ObjectAddress:
        return ObjectAddress(self.bucket, self.prefix.rpartition("/")[0])


def is_object_address(text: str) -> bool:
    return text.startswith(SCHEME)


def object_address(text: str) -> ObjectAddress:
    """What was written, taken apart; raises what is wrong with it."""
    bucket, _, prefix = text.removeprefix(SCHEME).partition("/")
    if not is_object_address(text) or not bucket:
        raise UsageError(f"{text!r} names no bucket", hint="s3://bucket/prefix")
    if not BUCKET.fullmatch(bucket):
        hint = "3 to 63 small letters, digits, dots and hyphens"
        raise UsageError(f"{bucket!r} in {text} is no name of a bucket", hint=hint)
    parts = prefix.rstrip("/").split("/") if prefix else []
    if any(part in ("", ".", "..") or not part.isprintable() for part in parts):
        raise UsageError(f"{text!r} is no address: a part of it is empty or leads elsewhere")
    return ObjectAddress(bucket, "/".join(parts))


def opened_store(address: ObjectAddress) -> S3Store:
    """The client for it; nothing is asked of the network yet."""
    try:
        from obstore.store import S3Store
    except ImportError:
        hint = 'pip install "higgs[s3]"'
        raise UsageError(f"{address}: the package obstore is missing", hint=hint) from None
    return S3Store(
        address.bucket,
        prefix=address.prefix or None,
        checksum_algorithm="sha256",
        client_options={"timeout": timedelta(seconds=REQUEST_SECONDS), "allow_http": _is_plain()},
        retry_config={
            "max_retries": RETRIES,
            "backoff": {"init_backoff": FIRST_PAUSE, "max_backoff": LONGEST_PAUSE, "base": 2},
            "retry_timeout": RETRY_SECONDS,
        },
        **_from_the_environment(),
        **_credentials(address),
    )


def _from_the_environment() -> dict[str, Any]:
    """Endpoint and region; the client reads keys by itself."""
    found: dict[str, Any] = {}
    if endpoint := endpoint_of():
        found["endpoint"] = endpoint
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if region or endpoint:
        found["region"] = region or USUAL_REGION
    return found


def endpoint_of() -> str:
    """Empty for the usual one."""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""


def _is_plain() -> bool:
    """Without TLS only where the endpoint was written so."""
    return endpoint_of().startswith("http://")


def _credentials(address: ObjectAddress) -> dict[str, Any]:
    """A provider for who has profiles and no keys in the environment."""
    given = [name for name in KEYS if os.environ.get(name)]
    if len(given) == 1:
        (missing,) = set(KEYS) - set(given)
        hint = "set both, or neither and a profile of ~/.aws"
        raise UsageError(f"{address}: {given[0]} is set, and {missing} is not", hint=hint)
    if given:
        return {}
    has_profiles = any(Path(path).expanduser().is_file() for path in PROFILES)
    if "AWS_PROFILE" not in os.environ and not has_profiles:
        return {}
    try:
        from obstore.auth.boto3 import Boto3CredentialProvider
    except ImportError:
        raise UsageError(
            f"{address}: reading profiles of ~/.aws takes the package boto3",
            hint="pip install boto3, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ) from None
    return {"credential_provider": Boto3CredentialProvider()}
