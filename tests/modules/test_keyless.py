"""Keyless signatures: an identity that an issuer vouches for, judged by sigstore-python, and by cosign beside it.

The public sigstore cannot be reached from here: the one of these tests is made of keys (:mod:`.privatesigstore`), as a
company runs its own.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pullsecrets import debianregistry
from support.programs import errors, extension_args, findings, fleet, gateway_args, run

import mesh_wasm_pulumi as wasm
from mesh_wasm.model.signer import Signer, SignerError
from mesh_wasm.modules.fetching import keyless
from mesh_wasm.modules.lockfile import parse_lock
from mesh_wasm_pulumi.cli import main

from .cosign import Cosign
from .privatesigstore import BUNDLE, Sigstore
from .pushing import Descriptor, Repository
from .wasmfile import wasm as build

USER, PASSWORD = "puller", "pa55word"
FILTER = build({"env.proxy_log": "iii>i"})
ISSUER = "https://token.actions.githubusercontent.com"
RELEASE = "https://github.com/acme/filters/.github/workflows/release.yaml@refs/tags/v1.4.2"
PATTERN = r"https://github\.com/acme/filters/\.github/workflows/release\.yaml@refs/tags/v.+"
STRANGER = "https://github.com/mallory/filters/.github/workflows/release.yaml@refs/tags/v1.4.2"
OTHER_DIGEST = "sha256:" + "0a" * 32

pytestmark = pytest.mark.skipif(bool(debianregistry.missing()), reason=debianregistry.missing() or "-")


def claim(
    store: Sigstore, repository: Repository, image: Descriptor, identity: str, about: str, **more: Any
) -> dict[str, str]:
    """Sign as cosign 1 and 2 do; what the layer is annotated with."""
    critical = {
        "identity": {"docker-reference": f"{repository.host}/{repository.path}"},
        "image": {"docker-manifest-digest": about},
        "type": "cosign container image signature",
    }
    payload = json.dumps({"critical": critical, "optional": None}).encode()
    notes = store.sign(payload, identity, more.pop("issuer", ISSUER), **more).annotations
    push_claim(repository, image, payload, notes)
    return notes


def push_claim(repository: Repository, image: Descriptor, payload: bytes, notes: dict[str, str]) -> None:
    layer = repository.blob(payload, "application/vnd.dev.cosign.simplesigning.v1+json", annotations=notes)
    repository.image(layer, tag=f"{image['digest'].replace(':', '-')}.sig")


def bundle(
    store: Sigstore, repository: Repository, image: Descriptor, identity: str, about: str, **more: Any
) -> dict[str, Any]:
    """Sign as cosign 3 does; the bundle."""
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "", "digest": {"sha256": about.removeprefix("sha256:")}}],
        "predicateType": "https://sigstore.dev/cosign/sign/v1",
        "predicate": {},
    }
    payload, kind = json.dumps(statement).encode(), "application/vnd.in-toto+json"
    envelope = {"payload": base64.b64encode(payload).decode(), "payloadType": kind}
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
    signed = store.sign(message, identity, more.pop("issuer", ISSUER), envelope=envelope, **more)
    made = signed.bundle(envelope)
    push_bundle(repository, image, made)
    return made


def push_bundle(repository: Repository, image: Descriptor, made: dict[str, Any]) -> None:
    layer = repository.blob(json.dumps(made).encode(), BUNDLE)
    pushed = repository.image(layer, artifactType=BUNDLE, subject=image)
    repository.index({**pushed, "artifactType": BUNDLE}, tag=image["digest"].replace(":", "-"))


FORMS: dict[str, Callable[..., Any]] = {"cosign": claim, "bundle": bundle}


class Shop:
    """An image in a registry, a sigstore, and manifests that load the image."""

    def __init__(self, folder: Path, registry: str, log: str) -> None:
        self.folder, self.registry = folder, registry
        self.repository = Repository(registry, f"keyless/{folder.name.lower().replace('_', '-')}", USER, PASSWORD)
        self.image = self.repository.compat(FILTER, "1.0")
        self.store = Sigstore(log_url=log)
        self.root = folder / "trusted_root.json"
        self.root.write_text(self.store.trusted_root)
        (folder / "docker.json").write_text(json.dumps({"auths": {registry: {"username": USER, "password": PASSWORD}}}))
        for number in range(5):  # other people's entries, so that there is something to prove
            self.store.sign(b"%d" % number, STRANGER, ISSUER)

    @property
    def signer(self) -> dict[str, str]:
        return {"identity": RELEASE, "issuer": ISSUER, "trusted_root": self.root.read_text()}

    def sign(self, form: str, identity: str = RELEASE, about: str | None = None, **more: Any) -> Any:
        return FORMS[form](self.store, self.repository, self.image, identity, about or self.image["digest"], **more)

    def program(self, *verify: Any) -> Callable[[], None]:
        def declare() -> None:
            args = extension_args(image=self.repository.url("1.0"), verify=list(verify))
            wasm.IngressGatewayAttachment("edge", gateway_args(wasm.WasmExtension("acl", args), fleet()))

        return declare

    def lock(self, *verify: Any, more: tuple[str, ...] = ()) -> Result:
        args = extension_args(image=self.repository.url("1.0"), verify=list(verify))
        text = (
            f"import sys; sys.path[:0] = [{str(Path(__file__).parents[1])!r}]\nimport mesh_wasm_pulumi as wasm\n"
            "from support.programs import fleet, gateway_args\n"
            f"acl = wasm.WasmExtension('acl', {args!r})\n"
            "wasm.IngressGatewayAttachment('edge', gateway_args(acl, fleet()))\n"
        )
        (self.folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
        (self.folder / "__main__.py").write_text(text)
        reaching = ["--plain-http", self.registry, "--registry-config", str(self.folder / "docker.json")]
        http = ["--plain-http", self.store.log_url.removeprefix("http://")] if "http://" in self.store.log_url else []
        return CliRunner().invoke(main, ["lock", str(self.folder), *reaching, *http, *more])

    @property
    def evidence(self) -> list[tuple[str, str]]:
        (entry,) = parse_lock((self.folder / "mesh-wasm.lock").read_text()).modules.values()
        return [(one.by, one.form) for one in entry.signatures]

    @property
    def reference(self) -> str:
        return f"{self.registry}/{self.repository.path}@{self.image['digest']}"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with debianregistry.registry(tmp_path_factory.mktemp("registry"), USER, PASSWORD) as host:
        yield host


@pytest.fixture
def shop(tmp_path: Path, registry: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setenv("MESH_WASM_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    store = Sigstore()
    with store.serving() as log:
        made = Shop(tmp_path, registry, log)
        made.store.entries, made.store.asked = store.entries, store.asked
        yield made


@pytest.mark.cluster
@pytest.mark.parametrize("form", FORMS)
def test_a_signature_by_the_identity_is_found_and_preview_is_content(shop: Shop, form: str) -> None:
    shop.sign(form)
    told = shop.lock(shop.signer)
    assert (told.exit_code, told.exception) == (0, None), told.output
    name = Signer.model_validate(shop.signer).name
    assert name.startswith(f"identity {RELEASE} (issuer {ISSUER}, trusted root sha256:")
    assert shop.evidence == [(name, form)]
    result = run(shop.program(shop.signer))
    assert (errors(result), result.failure) == ([], None)
    asked = list(shop.store.asked)
    assert bool(asked) is (form == "cosign")  # whose annotations hold a promise, and no proof
    assert shop.lock(shop.signer).exit_code == 0
    assert shop.store.asked == asked  # what is locked asks nobody


@pytest.mark.cluster
@pytest.mark.parametrize("form", FORMS)
def test_evidence_by_one_identity_is_none_for_another_nor_for_another_root(shop: Shop, form: str) -> None:
    shop.sign(form)
    assert shop.lock(shop.signer).exit_code == 0
    public = {key: value for key, value in shop.signer.items() if key != "trusted_root"}
    private = {**public, "trusted_root": Sigstore().trusted_root}
    for signer in (
        {**shop.signer, "identity": STRANGER},
        {**shop.signer, "issuer": "https://id.acme.io"},
        public,
        private,
    ):
        (found,) = errors(run(shop.program(signer)), "edge")
        assert found.rule == "MW020"
        assert Signer.model_validate(signer).name in found.message


@pytest.mark.cluster
def test_check_says_what_evidence_is_missing_and_asks_no_log(shop: Shop) -> None:
    shop.sign("cosign")
    assert shop.lock(shop.signer).exit_code == 0
    asked = list(shop.store.asked)
    assert shop.lock(shop.signer, more=("--check",)).exit_code == 0
    told = shop.lock({**shop.signer, "identity": STRANGER}, more=("--check",))
    assert told.exit_code == 1
    assert "it is not signed as edge/" in told.output
    assert shop.store.asked == asked


@pytest.mark.cluster
def test_without_the_extra_the_lock_says_what_to_install(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("sigstore", "sigstore.models", "sigstore.verify"):
        monkeypatch.setitem(sys.modules, name, None)
    keyless._trust.cache_clear()
    shop.sign("bundle")
    told = shop.lock(shop.signer)
    assert told.exit_code == 2
    assert "pip install 'mesh-wasm[keyless]'" in told.output


@pytest.mark.cluster
def test_without_the_public_trusted_root_the_lock_says_so(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is here: nobody can reach the public sigstore."""
    from sigstore import errors as sigstore_errors
    from sigstore.verify import Verifier

    def unreachable() -> None:
        raise sigstore_errors.TUFError("Failed to refresh TUF metadata")

    monkeypatch.setattr(Verifier, "production", unreachable)
    keyless._trust.cache_clear()
    shop.sign("bundle")
    told = shop.lock({"identity": RELEASE, "issuer": ISSUER})
    assert told.exit_code == 1
    says = (
        "the trusted root of the public sigstore cannot be fetched (Failed to refresh TUF metadata); where it is out of"
    )
    assert says in told.output
    assert "Traceback" not in told.output
    assert shop.evidence == []  # the module is locked all the same
    keyless._trust.cache_clear()


@pytest.mark.cluster
@pytest.mark.parametrize("form", FORMS)
def test_a_stranger_who_signed_is_named(shop: Shop, form: str) -> None:
    shop.sign(form, STRANGER)
    told = shop.lock(shop.signer)
    assert told.exit_code == 1
    assert f"asks for: there is a signature by {STRANGER} (issuer {ISSUER})." in told.output


def _changed(made: dict[str, Any], *path: Any, to: Any) -> dict[str, Any]:
    copy = json.loads(json.dumps(made))
    place = copy
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = to(place[path[-1]])
    return dict(copy)


def _flipped(text: str) -> str:
    raw = bytearray(base64.b64decode(text))
    raw[len(raw) // 2] ^= 1
    return base64.b64encode(bytes(raw)).decode()


ENTRY = ("verificationMaterial", "tlogEntries", 0)
DAMAGES: dict[str, tuple[tuple[Any, ...], Callable[[Any], Any]]] = {
    "payload": (("dsseEnvelope", "payload"), _flipped),
    "signature": (("dsseEnvelope", "signatures", 0, "sig"), _flipped),
    "certificate": (("verificationMaterial", "certificate", "rawBytes"), _flipped),
    "time": ((*ENTRY, "integratedTime"), lambda told: str(int(told) + 60)),
    "promise": ((*ENTRY, "inclusionPromise", "signedEntryTimestamp"), _flipped),
    "proof": ((*ENTRY, "inclusionProof", "hashes", 0), _flipped),
    "checkpoint": ((*ENTRY, "inclusionProof", "checkpoint", "envelope"), lambda told: told.replace("\n6\n", "\n7\n")),
    "body": ((*ENTRY, "canonicalizedBody"), _flipped),
    "no entry": (("verificationMaterial", "tlogEntries"), lambda _: []),
    "no certificate": (("verificationMaterial", "certificate"), lambda _: {"rawBytes": ""}),
    "a list": (("verificationMaterial",), lambda _: []),
    "media type": (("mediaType",), lambda _: "application/vnd.dev.sigstore.bundle.v9+json"),
}


@pytest.mark.cluster
@pytest.mark.parametrize("damage", DAMAGES)
def test_of_a_damaged_bundle_our_verdict_is_cosigns(shop: Shop, cosign_binary: Path, damage: str) -> None:
    made = shop.sign("bundle")
    path, change = DAMAGES[damage]
    push_bundle(shop.repository, shop.image, _changed(made, *path, to=change))
    told = shop.lock(shop.signer)
    assert (told.exit_code, type(told.exception)) == (1, SystemExit), told.output
    assert "it is not signed as edge/" in told.output
    cosign = Cosign(cosign_binary, shop.folder, shop.registry, USER, PASSWORD)
    assert not cosign.believes(shop.reference, "bundle", identity=RELEASE, issuer=ISSUER, trusted_root=shop.root)


CASES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "as asked": ({}, {"identity": RELEASE}),
    "a pattern": ({}, {"pattern": PATTERN}),
    "an address": ({"identity": "release@acme.io"}, {"identity": "release@acme.io"}),
    "a stranger": ({"identity": STRANGER}, {"identity": RELEASE}),
    "a stranger to the pattern": ({"identity": STRANGER}, {"pattern": PATTERN}),
    "another issuer": ({"issuer": "https://id.mallory.example"}, {"identity": RELEASE}),
    "another image": ({"about": OTHER_DIGEST}, {"identity": RELEASE}),
    "too late": ({"late": True}, {"identity": RELEASE}),
    "another sigstore": ({"elsewhere": True}, {"identity": RELEASE}),
}


@pytest.mark.cluster
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", CASES)
def test_our_verdict_is_cosigns(shop: Shop, cosign_binary: Path, form: str, case: str) -> None:
    signing, asked = dict(CASES[case][0]), CASES[case][1]
    if signing.pop("elsewhere", False):  # in a log and an authority that nobody here believes
        elsewhere = Sigstore(log_url=shop.store.log_url)
        elsewhere.entries = shop.store.entries
        shop.store = elsewhere
    shop.sign(form, **signing)
    cosign = Cosign(cosign_binary, shop.folder, shop.registry, USER, PASSWORD)
    theirs = cosign.believes(shop.reference, form, **asked, issuer=ISSUER, trusted_root=shop.root)
    root = {"issuer": ISSUER, "trusted_root": shop.root.read_text()}
    who = {"identity_regexp": asked["pattern"]} if "pattern" in asked else {"identity": asked["identity"]}
    told = shop.lock({**root, **who})
    assert (told.exit_code == 0) is theirs, f"{told.output}\n{cosign.said}"
    assert theirs is (case in ("as asked", "a pattern", "an address"))
    assert told.exception is None or isinstance(told.exception, SystemExit)


@pytest.mark.cluster
@pytest.mark.parametrize("without", ["dev.sigstore.cosign/bundle", "dev.sigstore.cosign/certificate"])
def test_a_claim_without_what_vouches_for_it_does_not_count(shop: Shop, without: str) -> None:
    notes = shop.sign("cosign")
    payload = {
        "critical": {"identity": {"docker-reference": ""}, "image": {"docker-manifest-digest": shop.image["digest"]}}
    }
    del notes[without]
    push_claim(shop.repository, shop.image, json.dumps(payload).encode(), notes)
    told = shop.lock(shop.signer)
    assert told.exit_code == 1
    assert ("it says of no transparency log that it has taken it" in told.output) is (without.endswith("bundle"))


@pytest.mark.cluster
def test_a_log_that_does_not_answer_is_told(shop: Shop) -> None:
    shop.sign("cosign")
    shop.store.entries.clear()
    told = shop.lock(shop.signer)
    assert told.exit_code == 1
    assert f"the log {shop.store.log_url} gives no proof of entry 5 (status 404)" in told.output


@pytest.mark.cluster
def test_manifests_are_asked_by_the_options_of_cosign(shop: Shop) -> None:
    shop.sign("bundle")
    folder = shop.folder / "manifests" / "east" / "edge"
    folder.mkdir(parents=True)
    (folder / "acl.yaml").write_text(
        "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {name: acl, namespace: edge}\n"
        f"spec: {{url: '{shop.repository.url('1.0')}', priority: 1}}\n"
    )
    reaching = ["--plain-http", shop.registry, "--registry-config", str(shop.folder / "docker.json")]
    who = ["--certificate-identity-regexp", PATTERN, "--trusted-root", str(shop.root)]
    incomplete = CliRunner().invoke(main, ["lock", str(shop.folder / "manifests"), *reaching, *who])
    assert incomplete.exit_code == 2
    assert "it names an identity without the issuer that vouches for it" in incomplete.output
    told = CliRunner().invoke(
        main, ["lock", str(shop.folder / "manifests"), *reaching, *who, "--certificate-oidc-issuer", ISSUER]
    )
    assert told.exit_code == 0, told.output
    assert (
        f"identity matching {PATTERN}"
        in json.loads((shop.folder / "manifests" / "mesh-wasm.lock").read_text())["modules"][
            shop.repository.url("1.0")
        ]["signatures"][0]["by"]
    )


@pytest.mark.parametrize(
    ("signer", "rule", "says"),
    [
        ({}, "MW022", "neither a key nor an identity"),
        ({"identity": RELEASE}, "MW022", "without the issuer"),
        ({"issuer": ISSUER}, "MW022", "neither a key nor an identity"),
        ({"identity": RELEASE, "identity_regexp": PATTERN, "issuer": ISSUER}, "MW022", "both identity and"),
        ({"identity": f"{RELEASE}*", "issuer": ISSUER}, "MW022", "the * in identity stands for itself"),
        ({"identity_regexp": "(", "issuer": ISSUER}, "MW022", "no regular expression"),
        ({"identity": RELEASE, "issuer": ISSUER, "trusted_root": "trusted_root.json"}, "MW022", "not the text of a"),
        (
            {"identity": RELEASE, "issuer": ISSUER, "trusted_root": '{"mediaType": "application/json"}'},
            "MW022",
            "not the",
        ),
        ({"key": "cosign.pub"}, "MW021", "no public key in PEM form"),
        ("cosign.pub", "MW021", "no public key in PEM form"),
        ({"key": "cosign.pub", "issuer": ISSUER}, "MW022", "it names a key, and an identity"),
        ({"identity_regexp": ".*", "issuer": ISSUER}, "MW023", "every identity matches"),
        ({"identity": RELEASE, "issuer": ISSUER, "issuers": ""}, "MW102", "there is no field"),
        (7, "MW103", "expected an object, got a number"),
    ],
)
def test_what_is_wrong_with_a_signer_is_told_where_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signer: Any, rule: str, says: str
) -> None:
    monkeypatch.chdir(tmp_path)

    def of_extension() -> None:
        wasm.WasmExtension("acl", extension_args(verify=[signer]))

    def of_clusters() -> None:
        acl = wasm.WasmExtension("acl", extension_args())
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet(verify=[signer])))

    for program, path in ((of_extension, ("verify", 0)), (of_clusters, ("fleet", "east", "verify", 0))):
        told = [one for one in findings(run(program)) if one.path[: len(path)] == path]
        assert [one.rule for one in told] == [rule], told
        assert says in told[0].message
        assert "MW020" not in [one.rule for one in findings(run(program))] or rule == "MW023"


def test_a_root_has_one_name_however_it_is_laid_out() -> None:
    root = Sigstore().trusted_root
    both = [
        Signer(identity=RELEASE, issuer=ISSUER, trusted_root=text).name for text in (root, json.dumps(json.loads(root)))
    ]
    assert len(set(both)) == 1


@pytest.mark.parametrize("part", ["certificateAuthorities", "ctlogs", "tlogs"])
def test_a_root_that_lacks_a_part_is_told(part: str) -> None:
    root = {**json.loads(Sigstore().trusted_root), part: []}
    with pytest.raises(SignerError, match=f"no {part}"):
        _ = Signer(identity=RELEASE, issuer=ISSUER, trusted_root=json.dumps(root)).name
