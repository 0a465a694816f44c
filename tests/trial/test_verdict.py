"""A module is started in a real Envoy within limits: whatever it does ends in a verdict, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesh_wasm.modules.effective import Effective
from mesh_wasm.trial import verdict as trying
from mesh_wasm.trial.envoy import Envoy
from mesh_wasm.trial.filters import Runnable
from mesh_wasm.trial.process import Limits
from mesh_wasm.trial.redaction import Redaction
from mesh_wasm.trial.verdict import try_start

from .modules import ACL, KINDS
from .processes import children, gone

pytestmark = pytest.mark.live

QUICK = Limits(seconds=4, memory=400)
SECRET = "hunter2-is-no-password"


def plugin(module: Path, name: str = "acl", **config: Any) -> Runnable:
    return Runnable("edge", name, Effective(config), module)


@pytest.mark.parametrize(
    ("config", "says"), [({"deny": "/admin"}, ""), ({"mode": 1}, "missing field deny"), ({}, "missing field deny")]
)
def test_the_verdict_is_the_modules_own(envoy: Envoy, config: dict[str, Any], says: str) -> None:
    found = try_start(envoy, [plugin(ACL, **config)])
    assert (found.accepted, found.says, found.doubt) == (not says, says, "")


def test_a_chain_of_one_vm(envoy: Envoy) -> None:
    """Two plugins of one module: one that does not start is found behind one that does."""
    good, bad = plugin(ACL, "good", deny="/a"), plugin(ACL, "bad")
    assert try_start(envoy, [good, plugin(ACL, "too", deny="/b")]).accepted
    assert not try_start(envoy, [good, bad]).accepted


VERDICTS = {
    "loops": "it has not started within 4 s",
    "grows": "the module refuses its configuration",
    "fills": "it takes more than 400 MiB of memory",
    "traps": "Uncaught RuntimeError: unreachable",
    "repeats": '{"token":"<secret>"}',
    "chatters": "nobody",
}


@pytest.mark.parametrize("kind", VERDICTS)
def test_what_misbehaves_has_a_verdict(envoy: Envoy, module: Callable[[str], Path], kind: str) -> None:
    before = children()
    began = time.monotonic()
    found = try_start(envoy, [plugin(module(kind), token=SECRET)], limits=QUICK, redact=Redaction([SECRET]))
    assert not found.accepted
    assert VERDICTS[kind] in found.says or kind == "grows", found.says
    assert SECRET not in found.says
    assert time.monotonic() - began < 15 * QUICK.seconds  # a busy machine gets its time
    assert children() <= before


def test_the_kinds_are_all_tried() -> None:
    assert {*VERDICTS, "calls", "alone"} == set(KINDS)


def test_a_refusal_for_want_of_the_mesh_is_in_doubt(envoy: Envoy, module: Callable[[str], Path]) -> None:
    """What calls another service while it starts may find it in the mesh; and what asks for the pod's variables, these."""
    found = try_start(envoy, [plugin(module("calls"))])
    assert (found.accepted, found.doubt) == (False, "it calls out while it starts (http_call)")
    asks = Runnable("edge", "acl", Effective({}, host_env=("POD_NAME",)), ACL)
    assert try_start(envoy, [asks]).doubt == "the proxy's variable POD_NAME is not known here"
    assert try_start(envoy, [asks], host_env={"POD_NAME": "a"}).doubt == ""


def test_an_envoy_that_crashes_is_a_verdict(tmp_path: Path) -> None:
    """A stand-in: no module is known that brings a real one down."""
    fake = tmp_path / "envoy"
    fake.write_text("#!/bin/sh\nkill -SEGV $$\n")
    fake.chmod(0o755)
    found = try_start(Envoy(fake, "1.40.0"), [plugin(ACL)])
    assert (found.accepted, found.says) == (False, "it ends Envoy itself (SIGSEGV)")


def test_the_configuration_is_in_no_file_and_on_no_command_line(
    envoy: Envoy, module: Callable[[str], Path], tmp_path: Path
) -> None:
    """Looked for while Envoy runs: in the temporary folder, and in what anybody can read of its process."""
    ends = _started(envoy, module("loops"), tmp_path)
    try:
        pid = _envoy_of(ends.pid)
        told = b"".join((Path("/proc") / str(pid) / name).read_bytes() for name in ("cmdline", "environ"))
        assert SECRET.encode() not in told
        assert not [path for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
        assert list((tmp_path / "tmp").iterdir()) == []
    finally:
        ends.kill()
        ends.wait()
    assert gone({pid})


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_behind_when_we_are_ended(
    envoy: Envoy, module: Callable[[str], Path], tmp_path: Path, sent: signal.Signals
) -> None:
    ends = _started(envoy, module("loops"), tmp_path)
    pid = _envoy_of(ends.pid)
    ends.send_signal(sent)
    ends.wait(timeout=20)
    assert gone({pid})
    assert list((tmp_path / "tmp").iterdir()) == []


_PROGRAM = """
import sys
from pathlib import Path
from mesh_wasm.modules.effective import Effective
from mesh_wasm.trial.envoy import Envoy
from mesh_wasm.trial.filters import Runnable
from mesh_wasm.trial.verdict import try_start
envoy, module, secret = sys.argv[1:]
try_start(Envoy(Path(envoy), "1.40.0"), [Runnable("edge", "acl", Effective({"token": secret[::-1]}), Path(module))])
"""


def _started(envoy: Envoy, module: Path, folder: Path) -> subprocess.Popen[bytes]:
    """Another process that tries a module."""
    (folder / "tmp").mkdir()
    sdk = Path(trying.__file__).parents[2]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(sdk), "TMPDIR": str(folder / "tmp"), "HOME": str(folder)}
    command = [sys.executable, "-c", _PROGRAM, str(envoy.path), str(module), SECRET[::-1]]
    return subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL)


def _envoy_of(pid: int) -> int:
    """The Envoy that a process has started, once it is one."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for child in children(pid):
            if b"\0-c\0/dev/fd/" in (Path("/proc") / str(child) / "cmdline").read_bytes() and _maps(child):
                return child
        time.sleep(0.02)
    raise AssertionError("no Envoy was started")


def _maps(pid: int) -> bool:
    return os.readlink(f"/proc/{pid}/exe").endswith("envoy")
