"""What Envoy asks of a module before it starts it: a whole binary, a known ABI, imports that exist, an allocator."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.findings.examples import GOOD, inventory
from mesh_wasm.findings.finding import Finding, Severity, counted, listed
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.modules.abi import ABI_EXPORTS, ALLOCATORS, Missing, missing, spelt, wrong_callbacks
from mesh_wasm.modules.facts import exports_of, imports_of, names_of
from mesh_wasm.modules.layout import MAX_MODULE
from mesh_wasm.modules.locked import ModuleFacts
from mesh_wasm.rules.subjects import ModuleSubject

from ._examples import beside, locked

_URL = "oci://registry.example.com/filters/acl:1.4.3"
_NEXT = GOOD.replace("1.4.2", "1.4.3")
_HOW = (
    "Every request is answered with an error, whatever the fail strategy says: the module is there, and Envoy has none."
)

DAMAGED = rule(
    "MW008",
    Severity.ERROR,
    Family.MODULE,
    "A module that is no whole Wasm binary",
    why=f"Istio looks at the first four bytes only; Envoy refuses the rest. {_HOW}",
    fix="Build and push the module again; a component of the component model has to be built as a core module instead.",
    source="proxy-wasm-cpp-host src/wasm.cc; seen with a real Envoy",
    bad=_NEXT,
    good=GOOD,
    lock=beside(locked(_URL, abi=None, imports=(), exports=(), damaged="is cut off, or its lengths do not fit")),
)
NO_ABI = rule(
    "MW009",
    Severity.ERROR,
    Family.MODULE,
    "A module that speaks no Proxy-Wasm ABI that Envoy knows",
    why=f"Envoy looks for an exported function {', '.join(ABI_EXPORTS)}. {_HOW}",
    fix="Build the module with a Proxy-Wasm SDK; a Wasm program of another kind is no filter.",
    source="proxy-wasm-cpp-host src/bytecode_util.cc; seen with a real Envoy",
    bad=_NEXT,
    good=GOOD,
    lock=beside(locked(_URL, abi=None, exports=("malloc(i32) -> i32",))),
)
MISSING_IMPORT = rule(
    "MW010",
    Severity.ERROR,
    Family.MODULE,
    "A module that needs what the cluster's Envoy lacks",
    why=f"Envoy links a module only if each function that it imports exists with that very type, called or not. {_HOW}",
    fix="Build the module for this Istio, with an SDK or compiler that does not need the function, or upgrade Istio.",
    source="proxy-wasm-cpp-host include/proxy-wasm/exports.h; seen with Envoy 1.36, 1.37, 1.38, 1.39 and 1.40",
    bad=_NEXT,
    good=GOOD,
    inventory=inventory("1.30"),
    lock=beside(
        locked(_URL, imports=("wasi_snapshot_preview1.fd_readdir(i32, i32, i32, i64, i32) -> i32",)),
    ),
)
NO_ALLOCATOR = rule(
    "MW011",
    Severity.ERROR,
    Family.MODULE,
    "A module without malloc",
    why=f"Envoy hands data over by malloc or proxy_on_memory_allocate. {_HOW}",
    fix="Export malloc (or proxy_on_memory_allocate), as every Proxy-Wasm SDK does.",
    source="proxy-wasm-cpp-host src/wasm.cc; seen with a real Envoy",
    bad=_NEXT,
    good=GOOD,
    lock=beside(locked(_URL, exports=("proxy_abi_version_0_2_1() -> nothing",))),
)
WRONG_CALLBACK = rule(
    "MW012",
    Severity.ERROR,
    Family.MODULE,
    "A callback of another type than Envoy calls it with",
    why=f"ABI 0.1.0 gives proxy_on_request_headers two arguments, ABI 0.2 three; Envoy insists on it. {_HOW}",
    fix="Build the module with one SDK of one version.",
    source="proxy-wasm-cpp-host src/wasm.cc, src/v8/v8.cc; seen with a real Envoy",
    bad=_NEXT,
    good=GOOD,
    lock=beside(
        locked(
            _URL,
            exports=(
                "malloc(i32) -> i32",
                "proxy_abi_version_0_2_1() -> nothing",
                "proxy_on_request_headers(i32, i32) -> i32",
            ),
        )
    ),
)
NOT_READ = rule(
    "MW013",
    Severity.INFO,
    Family.MODULE,
    "A module that mesh-wasm does not read",
    why="It may be sound, but it uses a part of WebAssembly that is not read here, so nothing was checked of it.",
    fix="Try it in an Envoy of the cluster's version before it is rolled out.",
    source="mesh_wasm.modules.binary",
    bad=_NEXT,
    good=GOOD,
    lock=beside(
        locked(
            _URL,
            abi=None,
            imports=(),
            exports=(),
            unread="has a type of form 0x5f, which belongs to a later proposal and is not read",
        )
    ),
)


def _facts(subject: ModuleSubject) -> ModuleFacts | None:
    """What is known of the imports and exports of the module that the plugin loads."""
    facts = None if subject.known is None else subject.known.module
    return None if facts is None or facts.damaged or facts.unread else facts


@DAMAGED.checks(ModuleSubject)
def damaged(subject: ModuleSubject) -> Iterator[Finding]:
    """Less those that are only too large."""
    facts = None if subject.known is None else subject.known.module
    if facts is not None and facts.damaged and facts.size <= MAX_MODULE:
        yield DAMAGED.at("url", says=f"the module {facts.damaged}.")


@NO_ABI.checks(ModuleSubject)
def no_abi(subject: ModuleSubject) -> Iterator[Finding]:
    """None of the three."""
    facts = _facts(subject)
    if facts is not None and facts.abi is None:
        yield NO_ABI.at("url", says="the module exports no ABI version, or one that Envoy does not know.")


@MISSING_IMPORT.checks(ModuleSubject)
def missing_import(subject: ModuleSubject) -> Iterator[Finding]:
    """All that is missing, in one sentence."""
    facts = _facts(subject)
    if facts is None or facts.abi is None:
        return
    lacks = list(missing(imports_of(facts), facts.abi, subject.version))
    if lacks:
        of = "any Istio" if subject.version is None else f"Istio {subject.version[0]}.{subject.version[1]}"
        what = listed([_told(one) for one in lacks])
        yield MISSING_IMPORT.at("url", says=f"the module imports what the Envoy of {of} does not have: {what}.")


@NO_ALLOCATOR.checks(ModuleSubject)
def no_allocator(subject: ModuleSubject) -> Iterator[Finding]:
    """Either of two functions will do."""
    facts = _facts(subject)
    if facts is None or facts.abi is None:
        return
    if not names_of(facts.exports) & set(ALLOCATORS):
        yield NO_ALLOCATOR.at("url", says=f"the module exports neither {' nor '.join(ALLOCATORS)}.")


@WRONG_CALLBACK.checks(ModuleSubject)
def wrong_callback(subject: ModuleSubject) -> Iterator[Finding]:
    """All of them, in one sentence."""
    facts = _facts(subject)
    wrong = [] if facts is None or facts.abi is None else list(wrong_callbacks(exports_of(facts), facts.abi))
    if wrong:
        says = f"{counted(len(wrong), 'function')} of the module cannot be called: {listed([_told(one) for one in wrong])}."
        yield WRONG_CALLBACK.at("url", says=says)


@NOT_READ.checks(ModuleSubject)
def not_read(subject: ModuleSubject) -> Iterator[Finding]:
    """Nothing is known, and nothing is said."""
    facts = None if subject.known is None else subject.known.module
    if facts is not None and facts.unread:
        yield NOT_READ.at("url", says=f"the module {facts.unread}.")


def _told(one: Missing) -> str:
    if one.offers is not None:
        return f"{one.path} as {spelt(one.wants)}, where Envoy has {spelt(one.offers)}"
    return f"{one.path} (since Istio {one.since[0]}.{one.since[1]})" if one.since is not None else one.path
