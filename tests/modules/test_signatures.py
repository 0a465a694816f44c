"""Signatures by key: what cosign leaves beside an image, in both of its forms, found and checked at lock time."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pullsecrets import debianregistry
from support.programs import errors, extension_args, fleet, gateway_args, run

import mesh_wasm_pulumi as wasm
from mesh_wasm.model.signer import Signer, SignerError
from mesh_wasm.modules.lockfile import parse_lock
from mesh_wasm_pulumi.cli import main
from mesh_wasm_pulumi.offline.run import Run

from .cosign import Cosign
from .pushing import Descriptor, Repository
from .wasmfile import wasm as build

USER, PASSWORD = "puller", "pa55word"
FILTER = build({"env.proxy_log": "iii>i"})
Sign = Callable[[bytes], bytes]


def _ecdsa() -> tuple[Sign, Any]:
    key = ec.generate_private_key(ec.SECP256R1())
    return lambda message: key.sign(message, ec.ECDSA(SHA256())), key.public_key()


def _ed25519() -> tuple[Sign, Any]:
    key = ed25519.Ed25519PrivateKey.generate()
    return key.sign, key.public_key()


def _rsa() -> tuple[Sign, Any]:
    key = rsa.generate_private_key(65537, 2048)
    return lambda message: key.sign(message, padding.PKCS1v15(), SHA256()), key.public_key()


KEYS = {"ecdsa": _ecdsa, "ed25519": _ed25519, "rsa": _rsa}


def pem(public: Any) -> str:
    text: str = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return text


def claim(repository: Repository, image: Descriptor, sign: Sign, about: str | None = None) -> None:
    """Sign as cosign 1 and 2 do; ``about``: another digest than the image's in what is signed."""
    signed = {"docker-manifest-digest": about or image["digest"]}
    critical = {"identity": {"docker-reference": ""}, "image": signed, "type": "cosign container image signature"}
    payload = json.dumps({"critical": critical, "optional": None}).encode()
    signature = base64.b64encode(sign(payload)).decode()
    note = {"dev.cosignproject.cosign/signature": signature}
    layer = repository.blob(payload, "application/vnd.dev.cosign.simplesigning.v1+json", annotations=note)
    repository.image(layer, tag=f"{image['digest'].replace(':', '-')}.sig")


def bundle(repository: Repository, image: Descriptor, sign: Sign, about: str | None = None) -> None:
    """Sign as cosign 3 does: an envelope that refers to the image, listed at the fallback tag."""
    subject = {"name": "", "digest": {"sha256": (about or image["digest"]).removeprefix("sha256:")}}
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [subject],
        "predicateType": "https://sigstore.dev/cosign/sign/v1",
        "predicate": {},
    }
    payload, kind = json.dumps(statement).encode(), "application/vnd.in-toto+json"
    signature = sign(b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload))
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": kind,
        "signatures": [{"sig": base64.b64encode(signature).decode()}],
    }
    media_type = "application/vnd.dev.sigstore.bundle.v0.3+json"
    material = {"publicKey": {"hint": "bWluZQ=="}}
    whole = {"mediaType": media_type, "verificationMaterial": material, "dsseEnvelope": envelope}
    layer = repository.blob(json.dumps(whole).encode(), media_type)
    made = repository.image(layer, artifactType=media_type, subject=image)
    repository.index({**made, "artifactType": media_type}, tag=image["digest"].replace(":", "-"))


FORMS = {"cosign": claim, "bundle": bundle}


class Shop:
    """A program with one extension that asks for signatures, and the registry of its image."""

    def __init__(self, folder: Path, registry: str) -> None:
        self.folder, self.registry = folder, registry
        self.repository = Repository(registry, f"signed/{folder.name.lower().replace('_', '-')}", USER, PASSWORD)
        self.image = self.repository.compat(FILTER, "1.0")
        self.verify: list[Any] = []
        (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
        (folder / "docker.json").write_text(json.dumps({"auths": {registry: {"username": USER, "password": PASSWORD}}}))

    def program(self) -> None:
        args = extension_args(image=self.repository.url("1.0"), verify=self.verify)
        wasm.IngressGatewayAttachment("edge", gateway_args(wasm.WasmExtension("acl", args), fleet()))

    def lock(self) -> Result:
        args = extension_args(image=self.repository.url("1.0"), verify=self.verify)
        text = (
            "import sys; sys.path[:0] = [{path!r}]\nimport mesh_wasm_pulumi as wasm\n"
            "from support.programs import fleet, gateway_args\n"
            "acl = wasm.WasmExtension('acl', {args!r})\n"
            "wasm.IngressGatewayAttachment('edge', gateway_args(acl, fleet()))\n"
        )
        path = str(Path(__file__).parents[1])
        (self.folder / "__main__.py").write_text(text.format(path=path, args=args))
        config = str(self.folder / "docker.json")
        command = ["lock", str(self.folder), "--plain-http", self.registry, "--registry-config", config]
        return CliRunner().invoke(main, command)

    def preview(self) -> Run:
        return run(self.program)

    @property
    def signers(self) -> list[tuple[str, str]]:
        (entry,) = parse_lock((self.folder / "mesh-wasm.lock").read_text()).modules.values()
        return [(one.by, one.form) for one in entry.signatures]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with debianregistry.registry(tmp_path_factory.mktemp("registry"), USER, PASSWORD) as host:
        yield host


@pytest.fixture
def shop(tmp_path: Path, registry: str, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("MESH_WASM_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return Shop(tmp_path, registry)


real = pytest.mark.skipif(bool(debianregistry.missing()), reason=debianregistry.missing() or "-")


@real
@pytest.mark.cluster
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KEYS)
def test_a_signature_by_the_key_is_found_and_preview_is_content(shop: Shop, form: str, kind: str) -> None:
    sign, public = KEYS[kind]()
    shop.verify = [pem(_ed25519()[1]), pem(public)]  # one of them is enough
    FORMS[form](shop.repository, shop.image, sign)
    told = shop.lock()
    assert (told.exit_code, told.exception) == (0, None), told.output
    assert shop.signers == [(Signer(key=pem(public)).name, form)]
    result = shop.preview()
    assert (errors(result), result.failure) == ([], None)


@real
@pytest.mark.cluster
@pytest.mark.parametrize("form", [*FORMS, "none"])
@pytest.mark.parametrize("wrong", ["key", "digest"])
def test_what_is_signed_otherwise_is_not_signed(shop: Shop, form: str, wrong: str) -> None:
    sign, public = _ecdsa()
    shop.verify = [pem(_ecdsa()[1] if wrong == "key" else public)]
    if form != "none":
        FORMS[form](shop.repository, shop.image, sign, None if wrong == "key" else "sha256:" + "0a" * 32)
    told = shop.lock()
    assert told.exit_code == 1
    assert "it is not signed as edge/" in told.output
    assert shop.signers == []
    assert [one.rule for one in errors(shop.preview(), "edge")] == ["MW020"]


@real
@pytest.mark.cluster
def test_a_signature_that_comes_later_is_found_by_the_next_lock(shop: Shop) -> None:
    sign, public = _ecdsa()
    shop.verify = [pem(public)]
    assert shop.lock().exit_code == 1
    claim(shop.repository, shop.image, sign)
    assert shop.lock().exit_code == 0
    assert [form for _, form in shop.signers] == ["cosign"]


def test_without_a_lock_policy_is_not_met(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args(verify=[pem(_ecdsa()[1])]))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()))

    (found,) = errors(run(program), "edge")
    assert found.rule == "MW020"
    assert "nothing is known of the module" in found.message


def test_the_fleet_may_ask_for_all_and_an_extension_for_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def program(verify: Any) -> Callable[[], None]:
        def declare() -> None:
            args = extension_args(**({} if verify is None else {"verify": verify}))
            clusters = fleet(verify=[pem(_ecdsa()[1])])
            wasm.IngressGatewayAttachment("edge", gateway_args(wasm.WasmExtension("acl", args), clusters))

        return declare

    assert [one.rule for one in errors(run(program(None)), "edge")] == ["MW020"]
    assert errors(run(program([]))) == []


@pytest.mark.parametrize(
    "text",
    ["", "cosign.pub", "-----BEGIN PUBLIC KEY-----\n????\n-----END PUBLIC KEY-----", "-----BEGIN PRIVATE KEY-----"],
)
def test_what_is_no_key_is_told(text: str) -> None:
    with pytest.raises(SignerError):
        _ = Signer(key=text).name


def test_a_key_has_one_name_however_it_is_written() -> None:
    key = pem(_ecdsa()[1])
    assert Signer(key=key).name == Signer(key=f"\n{key.replace(chr(10), chr(13) + chr(10))}\n\n").name


@pytest.fixture
def cosign(cosign_binary: Path, shop: Shop) -> Cosign:
    return Cosign(cosign_binary, shop.folder, shop.registry, USER, PASSWORD)


@real
@pytest.mark.cluster
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("key", ["the right one", "another"])
def test_of_what_cosign_signs_our_verdict_is_cosigns(shop: Shop, cosign: Cosign, form: str, key: str) -> None:
    mine, other = cosign.key_pair("mine"), cosign.key_pair("other")
    image = f"{shop.repository.host}/{shop.repository.path}@{shop.image['digest']}"
    asked = mine if key == "the right one" else other
    shop.verify = [asked.read_text()]
    assert shop.lock().exit_code == 1
    assert not cosign.believes(image, form, key=asked)
    cosign.sign(image, form, mine)
    told = shop.lock()
    assert told.exit_code == (0 if cosign.believes(image, form, key=asked) else 1), told.output
    assert (told.exit_code == 0) is (asked == mine)
    assert shop.signers == ([(Signer(key=asked.read_text()).name, form)] if asked == mine else [])
    assert [one.rule for one in errors(shop.preview())] == (
        [] if asked == mine else ["MW020"] * len(errors(shop.preview()))
    )


@real
@pytest.mark.cluster
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("about", ["this image", "another image"])
@pytest.mark.parametrize("kind", KEYS)
def test_of_what_is_signed_here_our_verdict_is_cosigns(
    shop: Shop, cosign: Cosign, form: str, about: str, kind: str
) -> None:
    sign, public = KEYS[kind]()
    key = shop.folder / "here.pub"
    key.write_text(pem(public))
    shop.verify = [pem(public)]
    FORMS[form](shop.repository, shop.image, sign, None if about == "this image" else "sha256:" + "0a" * 32)
    image = f"{shop.repository.host}/{shop.repository.path}@{shop.image['digest']}"
    assert (shop.lock().exit_code == 0) is cosign.believes(image, form, key=key) is (about == "this image")
