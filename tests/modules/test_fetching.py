"""The wire: tokens, redirects, servers that fail for a while or for good, downloads with and without TLS."""

from __future__ import annotations

import base64
import gzip
import io
import json
import resource
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pullsecrets import debianregistry

from mesh_wasm.cli import main
from mesh_wasm.modules.cache import Cache
from mesh_wasm.modules.fetching import transport
from mesh_wasm.modules.fetching.download import download
from mesh_wasm.modules.fetching.registry import Registries, RegistryError
from mesh_wasm.modules.fetching.transport import TransportSettings
from mesh_wasm.modules.lockfile import parse_lock
from mesh_wasm.values.image import ImageReference, image_of

from .pushing import OCI_LAYER, OCI_MANIFEST, Repository, digest_of, tar, targz
from .scripted import Reply, Scripted, certificate, scripted
from .test_lock import manifests
from .tokens import TokenServer
from .tokens import registry as token_registry
from .wasmfile import wasm

USER, PASSWORD = "puller", "pa55word-that-nobody-sees"
FILTER = wasm({"env.proxy_log": "iii>i"})
LAYER = targz({"plugin.wasm": FILTER})
MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "layers": [{"mediaType": OCI_LAYER, "digest": digest_of(LAYER), "size": len(LAYER)}],
    }
).encode()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited between attempts; nobody waits in truth."""
    found: list[float] = []
    monkeypatch.setattr(transport.time, "sleep", found.append)
    return found


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MESH_WASM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    (tmp_path / "docker").mkdir()
    return tmp_path


def login(home: Path, host: str, password: str = PASSWORD) -> None:
    entry = {"auth": base64.b64encode(f"{USER}:{password}".encode()).decode()}
    (home / "docker" / "config.json").write_text(json.dumps({"auths": {host: entry}}))


def lock(folder: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["lock", str(folder), *more])


real = pytest.mark.skipif(bool(debianregistry.missing()), reason=debianregistry.missing() or "-")


@pytest.fixture
def pushed(tmp_path: Path) -> Path:
    """The folder of a registry that holds one image."""
    folder = tmp_path / "registry"
    folder.mkdir()
    with debianregistry.registry(folder, USER, PASSWORD) as host:
        Repository(host, "filters/acl", USER, PASSWORD).compat(FILTER, "1.0")
    return folder


@real
@pytest.mark.cluster
@pytest.mark.parametrize(
    ("password", "public", "says"),
    [
        (PASSWORD, False, ""),
        (None, True, ""),
        ("wrong", False, "it wants a token, and gives none for these credentials"),
        (None, False, "it wants a token, and gives none for these credentials"),
    ],
)
def test_a_token_is_fetched_with_the_login_and_kept_to_oneself(
    home: Path, pushed: Path, password: str | None, public: bool, says: str
) -> None:
    server = TokenServer(USER, PASSWORD, public)
    with server.serving() as realm, token_registry(pushed, realm, server) as host:
        if password is not None:
            login(home, host, password)
        folder = manifests(home, f"oci://{host}/filters/acl:1.0")
        told = lock(folder, "--plain-http", host)
        assert told.exit_code == (1 if says else 0), told.output
        assert says in told.output
        assert set(server.asked) == {USER if password is not None else ""}
        if not says:
            (entry,) = parse_lock((folder / "mesh-wasm.lock").read_text()).modules.values()
            assert entry.usable
            assert len(server.issued) <= 2  # not one for every request
    canaries = [PASSWORD, base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode(), *server.issued]
    held = [path.read_bytes() for path in (home / "cache").rglob("*") if path.is_file()]
    held += [told.output.encode(), *(path.read_bytes() for path in folder.rglob("*.lock"))]
    assert not [canary for canary in canaries for one in held if canary.encode() in one]


def _image(host: str) -> ImageReference:
    image = image_of(f"oci://{host}/filters/acl:1.0")
    assert image is not None
    return image


def _registries(tmp_path: Path, server: Scripted, **more: Any) -> Registries:
    return Registries(Cache(tmp_path / "cache"), settings=TransportSettings(frozenset({server.host}), **more))


def _served(path: str, *_: Any) -> Reply:
    if "/manifests/" in path:
        return Reply(body=MANIFEST, headers={"Content-Type": OCI_MANIFEST})
    return Reply(body=LAYER) if path.endswith(digest_of(LAYER)) else Reply(404)


@pytest.mark.parametrize("trouble", [Reply(503), Reply(429), Reply(500), Reply(reset=True)], ids=str)
def test_what_fails_for_a_while_is_asked_again_ever_more_slowly(
    tmp_path: Path, pauses: list[float], trouble: Reply
) -> None:
    with scripted(lambda path, headers, number: trouble if number < 2 else _served(path)) as server:
        assert _registries(tmp_path, server).manifest(_image(server.host)).digest == digest_of(MANIFEST)
        assert len(server.seen) == 3
    assert pauses == [0.5, 1.0]


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (Reply(503), "the registry answers with status 503"),
        (Reply(reset=True), "it cannot be reached"),
        (Reply(wait=1.5), "it has not answered in 0.3 seconds"),
    ],
    ids=str,
)
def test_what_fails_for_good_is_told_after_three_attempts(
    tmp_path: Path, pauses: list[float], trouble: Reply, says: str
) -> None:
    with scripted(lambda *_: trouble) as server, pytest.raises(RegistryError, match=says):
        _registries(tmp_path, server, timeout=0.3).manifest(_image(server.host))
    assert len(server.seen) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405])
def test_a_refusal_is_not_asked_again(tmp_path: Path, pauses: list[float], status: int) -> None:
    with scripted(lambda *_: Reply(status)) as server, pytest.raises(RegistryError):
        _registries(tmp_path, server).manifest(_image(server.host))
    assert len(server.seen) == 1
    assert pauses == []


def test_a_layer_that_breaks_off_is_fetched_again(tmp_path: Path, pauses: list[float]) -> None:
    def script(path: str, headers: Mapping[str, str], number: int) -> Reply:
        return Reply(body=LAYER, stop_after=20) if "/blobs/" in path and number < 2 else _served(path)

    with scripted(script) as server:
        with _registries(tmp_path, server).blob(_image(server.host), digest_of(LAYER)) as stream:
            assert stream.read() == LAYER
        assert len(server.seen) == 3
    assert pauses == [0.5, 1.0]


def test_a_layer_that_always_breaks_off_is_told_and_leaves_nothing(tmp_path: Path, pauses: list[float]) -> None:
    with (
        scripted(lambda *_: Reply(body=LAYER, stop_after=20)) as server,
        pytest.raises(RegistryError, match="breaks off"),
    ):
        _registries(tmp_path, server).blob(_image(server.host), digest_of(LAYER))
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


def test_a_layer_that_is_another_one_is_told(tmp_path: Path) -> None:
    with (
        scripted(lambda *_: Reply(body=b"something else")) as server,
        pytest.raises(RegistryError, match="this digest"),
    ):
        _registries(tmp_path, server).blob(_image(server.host), digest_of(LAYER))


def test_a_server_that_sends_a_drop_at_a_time_is_given_up(tmp_path: Path) -> None:
    with (
        scripted(lambda *_: Reply(body=LAYER)) as server,
        pytest.raises(RegistryError, match="takes too long"),
    ):
        _registries(tmp_path, server, total=-1.0).blob(_image(server.host), digest_of(LAYER))


def test_the_login_is_not_shown_to_whom_the_registry_sends_us(tmp_path: Path) -> None:
    """Registries hand out layers from stores of other hosts."""
    with scripted(lambda *_: Reply(body=LAYER)) as store:

        def script(path: str, headers: Mapping[str, str], number: int) -> Reply:
            if "Authorization" not in headers:
                return Reply(401, headers={"Www-Authenticate": 'Basic realm="acme"'})
            return Reply(307, headers={"Location": f"http://{store.host}/layer"})

        with scripted(script) as server:
            registries = _registries(tmp_path, server).with_credentials(lambda _: (USER, PASSWORD))
            with registries.blob(_image(server.host), digest_of(LAYER)) as stream:
                assert stream.read() == LAYER
            assert any("Authorization" in headers for _, headers in server.seen)
        assert [path for path, _ in store.seen] == ["/layer"]
        assert not any("Authorization" in headers for _, headers in store.seen)


def test_a_registry_with_tls_may_not_ask_for_the_login_without(tmp_path: Path) -> None:
    files = certificate(tmp_path)
    challenge = {"Www-Authenticate": 'Bearer realm="http://tokens.acme.io/",service="x",scope="y"'}
    with scripted(lambda *_: Reply(401, headers=challenge), files) as server:
        settings = TransportSettings(ca_file=files[0])
        registries = Registries(Cache(tmp_path / "cache"), lambda _: (USER, PASSWORD), settings)
        with pytest.raises(RegistryError, match="sent to a server without TLS"):
            registries.manifest(_image(server.host))


FORMS: dict[str, Callable[[], bytes]] = {
    "plain": lambda: FILTER,
    "gzip": lambda: gzip.compress(FILTER),
    "tar": lambda: tar({"plugin.wasm": FILTER}),
    "gzipped tar": lambda: targz({"plugin.wasm": FILTER}),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_a_module_of_a_server_is_locked_by_its_checksum(home: Path, form: str, tls: bool) -> None:
    files = certificate(home)
    body = FORMS[form]()
    with scripted(lambda *_: Reply(body=body), files if tls else None) as server:
        url = f"{'https' if tls else 'http'}://{server.host}/acl.wasm"
        folder = manifests(home, url)
        told = lock(folder, *(("--ca-file", str(files[0])) if tls else ()))
        assert told.exit_code == 0, told.output
        entry = parse_lock((folder / "mesh-wasm.lock").read_text()).modules[url]
        assert entry.module is not None
        assert (entry.artifact, entry.module.abi) == (None, "0.2.1")
        assert entry.digest == digest_of(FILTER)
        assert lock(folder, "--check", *(("--ca-file", str(files[0])) if tls else ())).exit_code == 0


def test_a_url_with_a_login_is_not_locked_and_nobody_shows_it(home: Path) -> None:
    with scripted(lambda *_: Reply(body=FILTER)) as server:
        url = f"http://{USER}:{PASSWORD}@{server.host}/acl.wasm?token={PASSWORD}"
        folder = manifests(home, url, f"http://{server.host}/acl.wasm")
        told = [lock(folder), lock(folder, "--check")]
    linted = CliRunner().invoke(main, ["lint", str(folder), "--lock-file", str(folder / "mesh-wasm.lock")])
    assert [one.exit_code for one in told] == [1, 1]
    assert f"http://{server.host}/acl.wasm: the URL holds a login" in told[0].output
    assert "MW001" in linted.output
    for text in (told[0].output, told[1].output, linted.output, (folder / "mesh-wasm.lock").read_text()):
        assert PASSWORD not in text


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(404), "the server answers with status 404"),
        (Reply(reset=True), "it cannot be reached"),
        (Reply(body=FILTER, stop_after=5), "breaks off"),
        (Reply(body=b"<html>"), "no Wasm binary"),
    ],
    ids=str,
)
def test_a_server_without_the_module_is_told(home: Path, pauses: list[float], reply: Reply, says: str) -> None:
    with scripted(lambda *_: reply) as server:
        folder = manifests(home, f"http://{server.host}/acl.wasm")
        told = lock(folder)
    if says == "no Wasm binary":  # it can be had, and Envoy will not start it
        (entry,) = parse_lock((folder / "mesh-wasm.lock").read_text()).modules.values()
        assert entry.module is not None
        assert entry.module.damaged is not None
        return
    assert told.exit_code == 1
    assert says in told.output
    assert told.exception is None or isinstance(told.exception, SystemExit)


def test_the_authorities_of_the_user_count_whatever_the_environment_says(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """requests puts those of REQUESTS_CA_BUNDLE in their place."""
    (home / "others").mkdir()
    files, (others, _) = certificate(home), certificate(home / "others")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(others))
    with scripted(lambda *_: Reply(body=FILTER), files) as server:
        told = lock(manifests(home, f"https://{server.host}/acl.wasm"), "--ca-file", str(files[0]))
    assert told.exit_code == 0, told.output


def test_a_certificate_of_nobody_is_told_with_the_option(home: Path) -> None:
    with scripted(lambda *_: Reply(body=FILTER), certificate(home)) as server:
        told = lock(manifests(home, f"https://{server.host}/acl.wasm"))
    assert told.exit_code == 1
    assert "its certificate is not of an authority that is believed (--ca-file)" in told.output


@pytest.mark.parametrize("text", ["", "no certificate"])
def test_a_file_without_certificates_is_told(home: Path, text: str) -> None:
    (home / "ca.pem").write_text(text)
    with scripted(lambda *_: Reply(body=FILTER), certificate(home)) as server:
        told = lock(manifests(home, f"https://{server.host}/acl.wasm"), "--ca-file", str(home / "ca.pem"))
    assert told.exit_code == 2
    assert isinstance(told.exception, SystemExit), told.exception
    assert "ca.pem" in told.output
    assert "certificate" in told.output


def _bomb() -> bytes:
    """Less than a MiB that unpacks to 384 MiB of zeros."""
    zeros = b"\0" * (64 * 1024 * 1024)
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=6, mtime=0) as stream:
        for _ in range(6):
            stream.write(zeros)
    return buffer.getvalue()


def test_a_download_that_unpacks_to_more_than_istio_reads_stays_small(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bomb = _bomb()
    assert len(bomb) < 1024 * 1024
    with scripted(lambda *_: Reply(body=bomb)) as server:
        found = download(f"http://{server.host}/acl.wasm", TransportSettings())
    assert len(found) <= 256 * 1024 * 1024
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 3 * 256 * 1024  # KiB


def test_a_link_in_a_tar_leads_nowhere(home: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        link = tarfile.TarInfo("plugin.wasm")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    layer = gzip.compress(buffer.getvalue())
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "layers": [{"mediaType": OCI_LAYER, "digest": digest_of(layer), "size": len(layer)}],
    }

    def script(path: str, *_: Any) -> Reply:
        body = json.dumps(document).encode() if "/manifests/" in path else layer
        return Reply(body=body, headers={"Content-Type": OCI_MANIFEST})

    with scripted(script) as server:
        told = lock(manifests(home, f"oci://{server.host}/filters/acl:1.0"), "--plain-http", server.host)
    assert told.exit_code == 1
    assert "no Wasm binary" in told.output
    assert list((home / "cache").rglob("*.wasm")) == []


WEIRD: dict[str, Any] = {
    "a number for layers": {"layers": 7},
    "a text for a layer": {"layers": ["x"]},
    "a digest with a path": {"layers": [{"mediaType": OCI_LAYER, "digest": "sha256:../../../../etc/passwd"}]},
    "sha512": {"layers": [{"mediaType": OCI_LAYER, "digest": "sha512:" + "0" * 128}]},
    "a media type of its own": {"mediaType": "application/x-strange; charset=utf-8", "layers": []},
    "null": {"mediaType": None, "layers": None, "config": None},
    "depth": {"layers": [{"mediaType": OCI_LAYER, "digest": {"a": []}}]},
}


@pytest.mark.parametrize("what", WEIRD)
def test_a_manifest_of_strange_things_is_told(home: Path, what: str) -> None:
    def script(path: str, *_: Any) -> Reply:
        if "/manifests/1.0" in path:
            body = json.dumps({"schemaVersion": 2, "mediaType": OCI_MANIFEST, **WEIRD[what]}).encode()
            return Reply(body=body, headers={"Content-Type": OCI_MANIFEST})
        return Reply(404)

    with scripted(script) as server:
        told = lock(manifests(home, f"oci://{server.host}/filters/acl:1.0"), "--plain-http", server.host)
    assert told.exit_code == 1
    assert isinstance(told.exception, SystemExit), told.exception
    assert "error: " in told.output
