"""The SDKs that the generators of Pulumi make of our schema, compiled by each language's own compiler."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from support.plugin import Plugin

from mesh_wasm_pulumi.offline.monitor import RecordingMonitor

from .folder import ROOT, TIMEOUT, Said

pytestmark = pytest.mark.engine

OWN = ("go", "nodejs", "python")
"""Languages whose generator belongs to the engine; the others' come with their language plugin."""
PROGRAM = ROOT / "examples" / "csharp" / "Program.cs"
PROVIDER = {"RenderYamlToDirectory", "EnableSecretMutable", "KubeConfig", "Context", "ClusterIdentifier"}
"""Arguments of the Kubernetes provider, whose SDK is not ours."""


class _Logo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"\x89PNG\r\n\x1a\n")

    def log_message(self, *_: object) -> None:
        """Nobody wants to read it."""


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The schema as it is served; with a logo from here, where the generator of C# would fetch one from the internet."""
    folder = tmp_path_factory.mktemp("schema")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Logo) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with RecordingMonitor("shop", "dev") as engine, Plugin(engine) as plugin:
            document = {**plugin.schema(), "logoUrl": f"http://127.0.0.1:{server.server_port}/logo.png"}
        (folder / "schema.json").write_text(json.dumps(document))
        yield folder / "schema.json"
        server.shutdown()


def run(folder: Path, *words: str) -> Said:
    done = subprocess.run(
        words, cwd=folder, text=True, timeout=TIMEOUT, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "GOFLAGS": "-mod=mod"},
    )  # fmt: skip
    return Said(done.returncode, done.stdout)


def generate(schema: Path, place: Path, language: str) -> Path:
    """The generated SDK of a language."""
    plugin = f"pulumi-language-{ {'csharp': 'dotnet'}.get(language, language) }"
    if language not in OWN and shutil.which(plugin) is None:
        pytest.skip(f"no `{plugin}` on PATH: the SDK of {language} is not generated")
    run(place, "pulumi", "package", "gen-sdk", str(schema), "--language", language, "--out", str(place)).good()
    return place / {"csharp": "dotnet"}.get(language, language)


def texts(folder: Path, suffix: str) -> Iterator[str]:
    for path in sorted(folder.rglob(f"*{suffix}")):
        yield path.read_text()


@pytest.mark.parametrize("language", ["go", "nodejs", "python", "csharp", "java"])
def test_sdk_is_generated_with_every_component(schema: Path, tmp_path: Path, language: str) -> None:
    suffix = {"go": ".go", "nodejs": ".ts", "python": ".py", "csharp": ".cs", "java": ".java"}[language]
    whole = "\n".join(texts(generate(schema, tmp_path, language), suffix))
    for token in json.loads(schema.read_text())["resources"]:
        assert token in whole, f"{token} is not in the SDK of {language}"


def test_go_compiles(schema: Path, tmp_path: Path) -> None:
    sdk = generate(schema, tmp_path, "go")
    run(sdk, "go", "mod", "tidy").good()
    run(sdk, "go", "build", "./...").good()


def test_csharp_names_what_exists(schema: Path, tmp_path: Path) -> None:
    """There is no compiler of C# here: what was wrong is looked for, and the example names what the SDK has."""
    sdk = generate(schema, tmp_path, "csharp")
    whole = "\n".join(texts(sdk, ".cs"))
    assert "Pulumi.Kubernetes.Provider" in whole
    assert "MeshWasm.Kubernetes" not in whole
    (project,) = texts(sdk, ".csproj")
    assert re.search(r'<PackageReference Include="Pulumi.Kubernetes" Version="4\.', project)
    program = PROGRAM.read_text()
    ours = set(re.findall(r"new (\w+)\(", program)) - {"Config"}
    assert ours <= set(re.findall(r"public (?:sealed |partial )?class (\w+)", whole)), "the example's classes"
    given = set(re.findall(r"^ *(\w+) = |[{,] (\w+) = ", program, re.MULTILINE))
    properties = set(re.findall(r"public [\w.<>?, ]+ (\w+)\s*{", whole))
    assert {first or second for first, second in given} - PROVIDER <= properties, "the example's properties"


def test_csharp_parses(schema: Path, tmp_path: Path) -> None:
    parser = pytest.importorskip("tree_sitter", reason="no tree_sitter: C# is not parsed")
    grammar = pytest.importorskip("tree_sitter_c_sharp", reason="no grammar of C#: it is not parsed")
    read = parser.Parser(parser.Language(grammar.language()))
    for path in [*generate(schema, tmp_path, "csharp").rglob("*.cs"), PROGRAM]:
        assert not read.parse(path.read_bytes()).root_node.has_error, path.name
