"""`mesh-wasm try` as people call it: one request, or up until Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.golden import EXAMPLES

from mesh_wasm.trial.envoy import Envoy
from mesh_wasm_pulumi.cli import main

from . import modules
from .processes import children, gone

pytestmark = pytest.mark.live

TRIED = EXAMPLES / "tried"
AIMED = ("--workload", "edge/app=shop-gateway")
MODULE = ("--module", f"shop-acl={modules.ACL}")


@pytest.fixture(autouse=True)
def _envoy(monkeypatch: pytest.MonkeyPatch, envoy: Envoy) -> None:
    monkeypatch.setenv("MESH_WASM_ENVOY", str(envoy.path))


def tried(*words: str, source: Path = TRIED) -> Result:
    return CliRunner().invoke(main, ["try", str(source), *words], catch_exceptions=False)


def test_requests_tell_what_came_back_and_what_was_logged() -> None:
    done = tried(
        *AIMED, *MODULE, "--request", "GET /admin", "--request", "POST /cart", "-H", "x-who: me", "--data", "3"
    )
    assert done.exit_code == 0, done.output
    assert (
        "  chain: istio.metadata_exchange -> istio.ext_authz -> istio.authn -> shop-acl -> istio.authz" in done.output
    )
    assert "Istio's own filters are left out: istio.metadata_exchange," in done.output
    admin, cart = done.output.split("\n> POST /cart\n")
    assert "< 403 Forbidden" in admin
    assert "denied by the acl" in admin
    assert re.search(r"  warning: edge/\S+shop-acl\S*: refused a request\n", admin)
    assert "< 200 OK" in cart
    assert '"x-who": "me"' in cart
    assert '"body": "3"' in cart


def test_a_module_that_is_refused_is_told_with_its_words(tmp_path: Path) -> None:
    text = (TRIED / "__main__.py").read_text().replace('"deny"', '"mode"')
    (tmp_path / "__main__.py").write_text(text)
    (tmp_path / "Pulumi.yaml").write_text((TRIED / "Pulumi.yaml").read_text())
    done = tried(*AIMED, *MODULE, "--request", "GET /", source=tmp_path)
    assert done.exit_code == 1
    assert re.search(r"refused: edge/\S*shop-acl\S*: missing field deny\.", done.output)
    assert "< 500 Internal Server Error" in done.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--request", "GET /"), "Say whose chain is tried"),
        ((*AIMED, "--request", "FETCH /"), "'FETCH /' is no request"),
        ((*AIMED, "--request", "GET x"), "'GET x' is no request"),
        ((*AIMED, "--request", "GET /", "-H", "nothing"), "'nothing' is no header"),
        ((*AIMED, "--module", "acl"), "--module takes PLUGIN=FILE"),
        ((*AIMED, "--cluster", "north", "--request", "GET /"), "There is no cluster north; there is east."),
        ((*AIMED, *MODULE, "--upstream", "nowhere", "--request", "GET /"), "'nowhere' is no upstream"),
        ((*AIMED, *MODULE, "--request", "GET /", "--data", "@nowhere"), "@nowhere cannot be read: no such file"),
        ((*AIMED, "--host-env", "A", "--request", "GET /"), "--host-env takes NAME=VALUE"),
        ((*AIMED, "--envoy", "/nowhere", "--request", "GET /"), "There is no /nowhere."),
    ],
)
def test_mistakes_end_in_a_sentence(words: tuple[str, ...], says: str) -> None:
    done = tried(*words)
    assert done.exit_code == 2
    assert says in done.output
    assert "Traceback" not in done.output


def test_where_no_envoy_runs_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    done = tried(*AIMED, "--request", "GET /")
    assert done.exit_code == 2
    assert "No Envoy runs here: it is there for Linux" in done.output
    assert "verdicts that CI has put into mesh-wasm.lock are read here, too." in done.output


class Up:
    """A command that stays up, as another process."""

    def __init__(self, *words: str, source: Path = TRIED) -> None:
        code = "from mesh_wasm_pulumi.cli import main; main()"
        paths = os.pathsep.join(str(TRIED.parents[1] / name) for name in ("sdk", "components"))
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-c", code, "try", str(source), *words],
            env={**os.environ, "PYTHONPATH": paths},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.output = ""

    def until(self, text: str, timeout: float = 60) -> str:
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        deadline, start = time.monotonic() + timeout, len(self.output)
        while text not in self.output[start:]:
            assert time.monotonic() < deadline, self.output
            self.output += (self.process.stdout.read() or b"").decode()
            time.sleep(0.02)
        return self.output[start:]

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=20)


@pytest.fixture
def up() -> Iterator[list[Up]]:
    running: list[Up] = []
    yield running
    for one in running:
        one.process.kill()
        one.process.wait()
        if one.process.stdout is not None:
            one.process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_stays_up_until_it_is_ended_and_leaves_nothing(up: list[Up], number: int) -> None:
    up.append(one := Up(*AIMED, *MODULE))
    told = one.until("Ctrl-C ends it.")
    url = re.search(r"listening on (\S+)", told)
    assert url is not None
    assert urllib.request.urlopen(f"{url[1]}/cart", timeout=10).status == 200
    ours = children(one.process.pid)
    assert len(ours) == 1
    code = one.end(number)
    assert gone(ours)
    assert code == (0 if number == signal.SIGINT else -number)
    if number == signal.SIGINT:
        one.until("Ended; nothing is left of it.")


def test_a_saved_program_restarts_it(up: list[Up], tmp_path: Path) -> None:
    program = (TRIED / "__main__.py").read_text()
    (tmp_path / "__main__.py").write_text(program)
    (tmp_path / "Pulumi.yaml").write_text((TRIED / "Pulumi.yaml").read_text())
    up.append(one := Up(*AIMED, *MODULE, "--watch", source=tmp_path))
    one.until("Ctrl-C ends it.")
    (tmp_path / "__main__.py").write_text("this is no program")
    told = one.until("error: ")
    assert "Saved: starting anew." in told
    (tmp_path / "__main__.py").write_text(program.replace("/admin", "/cart"))
    url = re.search(r"listening on (\S+)", one.until("Ctrl-C ends it."))
    assert url is not None
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{url[1]}/cart", timeout=10)
    assert one.end() == 0
