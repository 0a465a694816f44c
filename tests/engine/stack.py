"""One stack of the program under test, driven through the command line as a user or a pipeline drives it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from mesh.cluster import Cluster

ROOT = Path(__file__).parents[2]
STACK = "dev"
PASSWORD, TOKEN = "pa55-of-the-registry", "t0ken-of-the-plugin"
PLUGIN = "kubernetes:extensions.istio.io/v1alpha1:WasmPlugin"
SECRET = "kubernetes:core/v1:Secret"
TIMEOUT = 180


@dataclass(frozen=True)
class Outcome:
    """How a command of the engine ended."""

    code: int
    output: str
    events: tuple[Mapping[str, Any], ...]

    @property
    def changes(self) -> dict[str, int]:
        """How many resources were created, updated, replaced, deleted; without those that stay the same."""
        for event in self.events:
            if "summaryEvent" in event:
                counts = event["summaryEvent"].get("resourceChanges") or {}
                return {op: number for op, number in counts.items() if op != "same"}
        return {}

    def steps(self, *types: str) -> dict[str, list[str]]:
        """The operations on resources of the given types (default: all), each with the logical names, sorted."""
        found: dict[str, list[str]] = {}
        for event in self.events:
            meta = event.get("resourcePreEvent", {}).get("metadata")
            if meta and meta["op"] != "same" and (not types or meta["type"] in types):
                found.setdefault(meta["op"], []).append(meta["urn"].rpartition("::")[2])
        return {op: sorted(names) for op, names in found.items()}

    @property
    def diagnostics(self) -> str:
        """What was said on the rows of the resources."""
        return "\n".join(event["diagnosticEvent"]["message"] for event in self.events if "diagnosticEvent" in event)

    def good(self) -> Outcome:
        """The outcome itself, where a failure would be a failure of the test."""
        assert self.code == 0, f"the engine ended with {self.code}:\n{self.output[-6000:]}"
        return self

    def bad(self) -> Outcome:
        """The outcome itself, where a success would be a failure of the test."""
        assert self.code != 0, f"the engine should have failed:\n{self.output[-6000:]}"
        return self


class Stack:
    """A project folder with its own file backend.

    :param folder: An empty folder.
    :param clusters: The clusters that it may write to.
    :param namespaces: Two namespaces that exist in all of them.
    :param program: File of this package that is the program.
    """

    def __init__(
        self, folder: Path, clusters: Sequence[Cluster], namespaces: tuple[str, str], program: str = "program.py"
    ) -> None:
        self.folder = folder
        self.clusters = {cluster.name: cluster for cluster in clusters}
        self.wanted: dict[str, Any] = {
            "clusters": [cluster.name for cluster in clusters],
            "namespaces": list(namespaces),
            "image": "oci://registry.acme.io/filters/acl-check:1.4.2@sha256:" + "7e" * 32,
            "priority": 10,
            "mode": "enforce",
            "gateway": "shop-edge",
            "istio_version": "1.27",
        }
        self.password = PASSWORD
        self.environment: dict[str, str] = {}
        self._backend = folder / "state"
        self._project = folder / "program"
        self._logs = 0
        self._program = program
        self._prepare()

    def want(self, **changes: Any) -> None:
        """Change what the program declares from now on."""
        self.wanted |= changes
        (self._project / "wanted.json").write_text(json.dumps(self.wanted))

    def seal(self, **secrets: str) -> None:
        """Set secrets in the configuration of the stack."""
        self.password = secrets.get("password", self.password)
        self.command("config", "set-all", *(word for pair in secrets.items() for word in ("--secret", "=".join(pair))))

    def preview(self, *options: str) -> Outcome:
        """`pulumi preview`."""
        return self.run("preview", *options)

    def up(self, *options: str) -> Outcome:
        """`pulumi up`, with its preview, as a user runs it."""
        return self.run("up", "--yes", *options)

    def refresh(self, *options: str) -> Outcome:
        """`pulumi refresh`."""
        return self.run("refresh", "--yes", *options)

    def destroy(self) -> Outcome:
        """`pulumi destroy`."""
        return self.run("destroy", "--yes")

    def run(self, *words: str) -> Outcome:
        """Any command of the engine, with its events."""
        return self.start(*words).wait()

    def start(self, *words: str) -> Running:
        """A command of the engine that the test wants to meddle with while it runs."""
        self._logs += 1
        events = self.folder / f"events-{self._logs}.jsonl"
        command = ["pulumi", *words, "--stack", STACK, "--non-interactive", "--color=never", "--event-log", str(events)]
        log = self.folder / f"output-{self._logs}.txt"
        with log.open("wb") as sink:
            process = subprocess.Popen(
                command,
                cwd=self._project,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Running(process, log, events)

    def command(self, *words: str) -> str:
        """A command without events, such as `stack export`; it has to succeed."""
        done = subprocess.run(
            ["pulumi", *words],
            cwd=self._project,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        assert done.returncode == 0, f"pulumi {words[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def resources(self) -> list[dict[str, Any]]:
        """The resources in the state; secrets stay encrypted."""
        deployment = json.loads(self.command("stack", "export", "--stack", STACK))["deployment"]
        found: list[dict[str, Any]] = deployment.get("resources") or []
        return found

    def pending(self) -> list[dict[str, Any]]:
        """Operations that an interruption left in the state."""
        deployment = json.loads(self.command("stack", "export", "--stack", STACK))["deployment"]
        return deployment.get("pending_operations") or []

    def files(self) -> list[Path]:
        """Every file that the engine and the language host wrote, state and history included."""
        return [path for path in self.folder.rglob("*") if path.is_file()]

    def provider_of(self, cluster: str) -> str:
        """The reference of a cluster's provider, for `pulumi import --provider`."""
        for resource in self.resources():
            if resource["type"] == "pulumi:providers:kubernetes" and resource["urn"].endswith(f"::{cluster}"):
                return f"{cluster}={resource['urn']}"
        raise AssertionError(f"the state holds no provider of {cluster}")

    def _prepare(self) -> None:
        self._backend.mkdir(parents=True)
        self._project.mkdir()
        shutil.copy(Path(__file__).with_name(self._program), self._project / "__main__.py")
        options = {"toolchain": "pip", "virtualenv": sys.prefix} if sys.prefix != sys.base_prefix else {}
        project = {
            "name": "life",
            "runtime": {"name": "python", "options": options},
            "config": {"pulumi:disable-default-providers": ["kubernetes"]},
        }
        (self._project / "Pulumi.yaml").write_text(yaml.safe_dump(project))
        self.want()
        self.command("stack", "init", STACK)
        kubeconfigs = {f"kubeconfig-{name}": cluster.kubeconfig.read_text() for name, cluster in self.clusters.items()}
        self.seal(password=PASSWORD, token=TOKEN, **kubeconfigs)

    def _environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if key != "KUBECONFIG"}
        tree = os.pathsep.join([str(ROOT / "sdk"), str(ROOT / "components")])
        return kept | {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PYTHONPATH": os.pathsep.join(filter(None, [tree, os.environ.get("PYTHONPATH")])),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PULUMI_BACKEND_URL": self._backend.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "of the tests",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DEBUG_COMMANDS": "true",  # without it, there is no --event-log
            "KUBECONFIG": os.devnull,
            **self.environment,
        }


class Running:
    """A command of the engine under way."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, events: Path) -> None:
        self._process, self._log, self._events = process, log, events

    def wait(self, timeout: float = TIMEOUT) -> Outcome:
        """Wait for its end. When it hangs it is killed, with everything that it started, and the test fails."""
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            raise AssertionError(f"the engine hung for {timeout:.0f} s:\n{self._log.read_text()[-6000:]}") from None
        return Outcome(code, self._log.read_text(errors="replace"), self.events())

    def interrupt(self) -> None:
        """Ctrl-C, once: the engine finishes what is under way."""
        self._process.send_signal(signal.SIGINT)

    def events(self) -> tuple[Mapping[str, Any], ...]:
        """What has happened so far."""
        if not self._events.exists():
            return ()
        lines = self._events.read_text(errors="replace").splitlines()
        return tuple(_parsed(lines))

    def until(self, condition: Callable[[], object], what: str, timeout: float = 60) -> None:
        """Wait for something to happen in the meantime; it must not end before."""
        deadline = time.monotonic() + timeout
        while not condition():
            assert self._process.poll() is None, f"it ended before {what}:\n{self._log.read_text()[-6000:]}"
            assert time.monotonic() < deadline, f"{what} did not happen in {timeout:.0f} s"
            time.sleep(0.02)


def _parsed(lines: list[str]) -> list[Mapping[str, Any]]:
    events = []
    for line in lines:
        try:
            events.append(json.loads(line))
        except ValueError:
            break  # the last line is still being written
    return events
