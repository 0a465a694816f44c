"""Lint against nothing but parsing the same YAML with PyYAML's C loader."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from .children import sample, tell
from .figures import Figure, column, take_turns

SECTION = "lint"


def figures(sizes: list[int], times: int) -> Iterator[Figure]:
    """Milliseconds for folders of WasmPlugins, 50 to a file."""
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            write_manifests(Path(folder), size)
            yaml, ours = take_turns(
                lambda folder=folder: sample("bench.linting", "yaml", folder),
                lambda folder=folder: sample("bench.linting", "lint", folder),
                times,
            )
        yield Figure(
            SECTION,
            "lint",
            f"{size:,} manifests",
            "ms",
            column(ours, "cpu"),
            column(yaml, "cpu"),
            "yaml.CSafeLoader",
            2.0,
        )
        rate = tuple(size / cpu * 1000 for cpu in column(ours, "cpu"))
        yield Figure(SECTION, "manifests a second", f"{size:,} manifests", "/s", rate)
    yield from _beside(max(sizes), times)


def _beside(size: int, times: int) -> Iterator[Figure]:
    """The same with three objects beside each plugin: the Deployment that it selects, a Service, and a policy."""
    with tempfile.TemporaryDirectory() as folder:
        write_manifests(Path(folder), size)
        write_companions(Path(folder), size)
        yaml, ours = take_turns(
            lambda: sample("bench.linting", "yaml", folder), lambda: sample("bench.linting", "lint", folder), times
        )
    what = f"{size:,} manifests, {3 * size:,} beside"
    yield Figure(SECTION, "lint", what, "ms", column(ours, "cpu"), column(yaml, "cpu"), "yaml.CSafeLoader", 3.0)


def write_companions(folder: Path, count: int) -> None:
    """Three objects for each of the manifests, in files of their own."""
    for start in range(0, count, 50):
        texts = [_companions(number) for number in range(start, min(start + 50, count))]
        (folder / f"apps-{start:06}.yaml").write_text("---\n".join(texts))


def _companions(number: int) -> str:
    namespace, app = f"team-{number % 100}", f"app-{number}"
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {app}
  namespace: {namespace}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: {app}
  template:
    metadata:
      labels:
        app: {app}
        version: v1
    spec:
      containers:
      - name: main
        image: registry.acme.io/{app}:1.0.0
        ports:
        - name: http
          containerPort: 8080
---
apiVersion: v1
kind: Service
metadata:
  name: {app}
  namespace: {namespace}
spec:
  selector:
    app: {app}
  ports:
  - name: http
    port: 80
    targetPort: http
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: {app}
  namespace: {namespace}
spec:
  selector:
    matchLabels:
      app: {app}
  action: DENY
  rules:
  - to:
    - operation:
        paths: ["/internal/*"]
"""


def write_manifests(folder: Path, count: int) -> None:
    """Manifests as they lie in a GitOps repository: each with a config of a dozen lines, an image for ten of them."""
    for start in range(0, count, 50):
        texts = [_manifest(number) for number in range(start, min(start + 50, count))]
        (folder / f"plugins-{start:06}.yaml").write_text("---\n".join(texts))


def _manifest(number: int) -> str:
    return f"""\
apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata:
  name: plugin-{number}
  namespace: team-{number % 100}
  labels:
    app.kubernetes.io/managed-by: somebody
spec:
  selector:
    matchLabels:
      app: app-{number}
  url: oci://registry.acme.io/filters/filter-{number // 10}:1.4.2@sha256:{"7e" * 32}
  imagePullPolicy: IfNotPresent
  failStrategy: FAIL_CLOSE
  phase: AUTHZ
  priority: {number}
  pluginConfig:
    mode: enforce
    rules:
    - path: /admin
      methods: [GET, POST]
      roles: [ops, security]
    - path: /
      roles: [everybody]
  match:
  - mode: SERVER
    ports:
    - number: 8080
"""


def main(what: str, folder: str) -> None:
    """One sample, in a process that has imported everything and linted once."""
    import yaml

    from mesh_wasm.cli.garbage import no_collection
    from mesh_wasm.lint import lint
    from mesh_wasm.yaml.paths import read_paths

    def parse() -> None:
        for path in sorted(Path(folder).iterdir()):
            list(yaml.load_all(path.read_bytes(), Loader=yaml.CSafeLoader))

    @no_collection()  # as the command does
    def check() -> None:
        documents, problems = read_paths([folder])
        result = lint(documents)
        if problems or result.documents == result.skipped:
            raise SystemExit(f"nothing was linted: {problems}")

    with tempfile.TemporaryDirectory() as few:
        write_manifests(Path(few), 10)
        lint(read_paths([few])[0])
    cpu = time.process_time()
    (parse if what == "yaml" else check)()
    tell(cpu=(time.process_time() - cpu) * 1000)


if __name__ == "__main__":
    main(*sys.argv[1:])
