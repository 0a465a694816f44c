"""Debian's docker-registry with an htpasswd file, on a free port of loopback; nothing of it survives the test."""

from __future__ import annotations

import contextlib
import http.client
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from mesh.loopback import free_ports

PROGRAMS = ("docker-registry", "htpasswd")
REALM = "https://registry.example.com/"
"""Since Istio 1.27.8, 1.28.5, 1.29.1 and 1.30.0 an agent refuses a challenge whose realm is no URL of a public host."""


def missing() -> str:
    """The reason to leave the test out; empty where everything is there."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    return f"no {' and no '.join(absent)}: apt-get install docker-registry apache2-utils" if absent else ""


@contextlib.contextmanager
def registry(folder: Path, username: str, password: str) -> Iterator[str]:
    """A running registry that one user may enter; gives its host and port."""
    (port,) = free_ports(1)
    host = f"127.0.0.1:{port}"
    passwords = folder / "htpasswd"
    made = subprocess.run(
        ["htpasswd", "-Bin", username], input=password, capture_output=True, text=True, check=True, timeout=30
    )
    passwords.write_text(made.stdout)
    settings = {
        "version": "0.1",
        "storage": {"filesystem": {"rootdirectory": str(folder / "blobs")}},
        "http": {"addr": host},
        "auth": {"htpasswd": {"realm": REALM, "path": str(passwords)}},
    }
    configuration = folder / "registry.yaml"
    configuration.write_text(yaml.safe_dump(settings))
    log = folder / "registry.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            ["docker-registry", "serve", str(configuration)],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(host, process, log)
        yield host
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(host: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"the registry has ended: {log.read_text()[-2000:]}")
        connection = http.client.HTTPConnection(host, timeout=5)
        try:
            connection.request("GET", "/v2/")
            if connection.getresponse().status == 401:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    pytest.fail(f"the registry does not answer: {log.read_text()[-2000:]}")
