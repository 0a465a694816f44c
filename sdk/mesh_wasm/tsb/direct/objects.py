"""All objects of direct mode among some documents: what is wrong with each, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mesh_wasm.findings.finding import Finding
from mesh_wasm.fleet.cluster import Fleet
from mesh_wasm.model.plugin import API_VERSION
from mesh_wasm.modules.locked import Lock
from mesh_wasm.planning.plan import Plan
from mesh_wasm.rules.waivers import Levels, Waiver, settle
from mesh_wasm.tsb.index import Index
from mesh_wasm.tsb.result import Entering
from mesh_wasm.values.enums import PluginKind
from mesh_wasm.yaml.file import Document, Located

from .among import group_findings, plan_direct
from .reading import annotation_findings, is_direct


def is_direct_plugin(document: Any) -> bool:
    """Whether a document is a WasmPlugin of direct mode."""
    if not isinstance(document, Mapping) or not is_direct(document):
        return False
    return (document.get("apiVersion"), document.get("kind")) == (API_VERSION, PluginKind.WASM_PLUGIN.value)


class DirectObjects:
    """The WasmPlugins of direct mode of a bundle."""

    def __init__(self, index: Index, lock: Lock | None, levels: Levels, linted: Iterable[Document]) -> None:
        """``linted``: those that are judged elsewhere, of which only the group is looked at."""
        self._index, self._lock, self._levels = index, lock, levels
        self._own: list[tuple[Document, tuple[Waiver, ...]]] = []
        self._linted = [document for document in linted if is_direct(document.value)]

    def take(self, document: Document, waivers: tuple[Waiver, ...], wrong: Iterable[Finding]) -> Iterator[Located]:
        """Put one in; what is wrong with it by itself, and with its waivers."""
        self._own.append((document, waivers))
        found = [*annotation_findings(document.value), *wrong]
        return map(document.locate, settle(found, waivers, self._levels))

    def plan(
        self,
        fleet: Fleet | None,
        clusters: frozenset[str] | None,
        enter: Entering | None,
        common: tuple[Waiver, ...],
    ) -> tuple[list[Plan], list[Located]]:
        """What becomes of them in a fleet, within some of its clusters; and what is to be said of that.

        ``common``: what is waived for all documents.
        """
        plans: list[Plan] = []
        found: list[Located] = []
        for document, waivers in self._own:
            told = list(group_findings(self._index, document))
            if fleet is not None:
                made = plan_direct(self._index, document, fleet, self._lock)
                plans.append(made if clusters is None else made.within(clusters))
                told += made.findings
                if enter is not None and not made.errors:
                    told += enter.enter(_called(document.value), plans[-1], plans[-1])
            found += map(document.locate, settle(told, waivers, self._levels))
        for document in self._linted:
            found += map(document.locate, settle(group_findings(self._index, document), common, self._levels))
        return plans, found


def _called(document: Mapping[str, Any]) -> str:
    metadata = document["metadata"]
    return f"WasmPlugin {metadata.get('namespace')}/{metadata.get('name')}"
