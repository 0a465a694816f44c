"""How much another object's place says: what stands beside the plugin is very likely meant to go together with it."""

from __future__ import annotations

from pathlib import PurePath

from mesh_wasm.findings.finding import Severity
from mesh_wasm.rules.subjects import SurroundedSubject
from mesh_wasm.surroundings.objects import Thing


def is_near(subject: SurroundedSubject, thing: Thing) -> bool:
    """Whether an object was read from the folder of the plugin, or everything is known anyway."""
    if subject.around.is_closed:
        return True
    here, there = subject.origin, thing.origin
    return bool(here and there) and PurePath(here).parent == PurePath(there).parent


def weight(subject: SurroundedSubject, thing: Thing) -> Severity:
    """An error about what stands beside the plugin; a warning where something unseen may yet make it right."""
    return Severity.ERROR if is_near(subject, thing) else Severity.WARNING


def by_world(subject: SurroundedSubject) -> Severity:
    """A warning in the open world, an error in the closed one."""
    return Severity.ERROR if subject.around.is_closed else Severity.WARNING
