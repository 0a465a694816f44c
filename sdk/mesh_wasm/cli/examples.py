"""What people type: the examples below the options of each command, and on its page in docs/commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_GATEWAY = "mesh-wasm try . --cluster east --workload edge/app=shop-gateway"
EXAMPLES: Mapping[str, Sequence[tuple[str, str]]] = {
    "adopt": (
        ("A program for what a cluster runs", "mesh-wasm adopt east=mesh/east.yaml --out infra"),
        ("What kubectl prints", "kubectl get wasmplugins -A -o yaml | mesh-wasm adopt east=- --out infra"),
    ),
    "catalogue": (
        ("Hold the numbers of a program's extensions", "mesh-wasm catalogue ."),
        ("One file for several stacks, and TSB YAML", "mesh-wasm catalogue infra team tsb --out extensions.yaml"),
        ("In CI: every extension has its number", "mesh-wasm catalogue . --check"),
    ),
    "drift": (
        (
            "A nightly job, with a table for its summary",
            "mesh-wasm drift . --stack prod --context east --format markdown",
        ),
        ("Without a cluster, against a snapshot", "mesh-wasm drift . --snapshot mesh/east.yaml"),
    ),
    "explain": (
        ("What runs on each workload, in which order", "mesh-wasm explain . --stack prod"),
        ("A page for the browser", "mesh-wasm explain . --format html --out chains.html"),
        ("TSB YAML, one cluster of the inventory", "mesh-wasm explain tsb/ --inventory clusters.yaml --cluster east"),
        ("What a change does", "mesh-wasm explain . --diff before.json --format markdown"),
    ),
    "lint": (
        ("All manifests of a repository", "mesh-wasm lint ."),
        ("With versions, dialects and namespaces", "mesh-wasm lint mesh/ --inventory clusters.yaml"),
        ("What a chart makes", "helm template charts/acl | mesh-wasm lint -"),
        ("What could be mended, and mend it", "mesh-wasm lint mesh/ --diff && mesh-wasm lint mesh/ --fix"),
        ("For code scanning, with one rule as an error", "mesh-wasm lint . --format sarif --severity MW302=error"),
    ),
    "lock": (
        ("Lock the modules of a program", "mesh-wasm lock ."),
        ("In CI: complete, and no tag has moved", "mesh-wasm lock . --check"),
        ("Take new images of one extension", "mesh-wasm lock . --update acl"),
    ),
    "plan": (
        ("What the program would create", "mesh-wasm plan . --stack prod"),
        ("Manifests for GitOps", "mesh-wasm plan . --out manifests"),
    ),
    "schema": (
        ("For the editor, beside an inventory", "mesh-wasm schema inventory > inventory.schema.json"),
        ("TSB and Istio documents", "mesh-wasm schema documents > mesh-wasm.schema.json"),
    ),
    "snapshot": (
        ("What a cluster holds, into a file for git", "mesh-wasm snapshot --context east --out mesh/east.yaml"),
        ("Only some namespaces", "mesh-wasm snapshot --context east --namespace edge --namespace shop"),
    ),
    "translate": (
        ("Show what becomes of TSB YAML", "mesh-wasm translate tsb/ --inventory clusters.yaml"),
        ("Write a folder for each cluster", "mesh-wasm translate tsb/ --inventory clusters.yaml --out manifests"),
    ),
    "try": (
        (
            "Send a request through the chain that you are about to ship",
            f"{_GATEWAY} --request 'GET /admin'",
        ),
        (
            "Keep it up while you write the filter",
            f"{_GATEWAY} --module acl=acl.wasm --watch",
        ),
        ("Only: does every module start with its configuration?", "mesh-wasm try . --validate"),
    ),
    "up": (("Deploy, or show the offline plan where there is no engine", "mesh-wasm up . --stack dev"),),
    "verify": (
        ("The gate of a roll-out: until every proxy runs the plan", "mesh-wasm verify . --context east --wait 300"),
        (
            "One gateway, by a port-forward",
            "mesh-wasm verify . --proxy east=http://localhost:15000,log=proxy.log --wait 40",
        ),
        ("A dump that was saved", "mesh-wasm verify plan.json --proxy east=config_dump.json"),
    ),
}
"""By command: what the example does, and the line."""


def epilog(name: str) -> str | None:
    """The examples of a command as they stand below its options; None where there are none."""
    lines = [f"  # {says}\n  {line}" for says, line in EXAMPLES.get(name, ())]
    return "\b\n" + "\n".join(["Examples:", *lines]) if lines else None
