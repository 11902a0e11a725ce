"""A real OpenID Connect provider in a process of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

USERS = (
    {"sub": "0000-0001", "name": "Nina Novak", "email": "nina@uni.example", "email_verified": True},
    {"sub": "0000-0002", "name": "Rita Roe", "email": "rita@example.org", "email_verified": True},
    {"sub": "0000-0003", "name": "Eve", "email": "otto@example.org", "email_verified": False},
)


@contextmanager
def running_provider() -> Iterator[str]:
    """The issuer of a provider that runs and knows USERS."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    users = [word for user in USERS for word in ("--user-claims", json.dumps(user))]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), *users]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        issuer = f"http://127.0.0.1:{port}"
        end = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"{issuer}/.well-known/openid-configuration", trust_env=False).raise_for_status()
                break
            except httpx.HTTPError:
                assert time.monotonic() < end, "the provider does not start"
                time.sleep(0.05)
        try:
            yield issuer
        finally:
            process.kill()
