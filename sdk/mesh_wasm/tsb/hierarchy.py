"""The levels of the hierarchy, as the documents tell them: what each says, and what is in force there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mesh_wasm.findings.finding import quoted
from mesh_wasm.model.target import TargetKind
from mesh_wasm.rules import hierarchy as rules
from mesh_wasm.values.enums import StricterLists
from mesh_wasm.values.fqn import Fqn, FqnError
from mesh_wasm.yaml.file import Located

from .documents.kinds import DEFAULT_SETTINGS, GATEWAY_GROUP, PROFILE, SECURITY_GROUP, SECURITY_SETTING, WORKSPACE
from .index import Index
from .inheritance import Attaching, Choices, Clash, InForce, Level, descend
from .result import Source, items_of

_SECURITY = SECURITY_GROUP.collection


class Hierarchy:
    """All levels that some documents speak of."""

    def __init__(self, index: Index, choices: Choices) -> None:
        self.choices = choices
        self.found: list[Located] = []
        """What is wrong with the hierarchy itself."""
        self.workspaces: list[tuple[str, Source]] = []
        """FQN and document of each Workspace."""
        self.groups: dict[str, list[str]] = defaultdict(list)
        """The FQNs of the security groups of each workspace."""
        self._settings: dict[str, list[Source]] = defaultdict(list)
        self._carriers: dict[str, Source] = {}
        self._profiles: dict[str, Source] = {}
        self._in_force: dict[str, InForce] = {}
        for kind, fqn, source in sorted(index, key=lambda one: (one[0].kind, one[1])):
            parent = fqn.rpartition("/")[0].rpartition("/")[0]
            if kind in DEFAULT_SETTINGS or kind is SECURITY_SETTING:
                self._settings[parent].append(source)
            elif kind is PROFILE:
                self._profiles[fqn] = source
            elif kind.carries_profiles:
                self._carriers[fqn] = source
                if kind is WORKSPACE:
                    self.workspaces.append((fqn, source))
                elif kind is SECURITY_GROUP:
                    self.groups[parent].append(fqn)
        self.is_needed = any(
            source.resource.attaches or source.resource.is_stricter
            for fqn, sources in self._settings.items()
            for source in sources
            if f"/{_SECURITY}/" not in fqn
        ) or any(source.resource.profiles for source in self._carriers.values())
        """Whether anything is handed down at all."""
        self._double()

    def settings(self, fqn: str) -> list[Source]:
        """The settings of a level, sorted by FQN."""
        return self._settings.get(fqn, [])

    def levels(self) -> Iterator[str]:
        """The FQNs of all levels that say something, highest first."""
        told = {*self._settings, *(fqn for fqn, source in self._carriers.items() if source.resource.profiles)}
        yield from sorted(told, key=lambda fqn: (fqn.count("/"), fqn))

    def in_force(self, fqn: str) -> InForce:
        """What is in force at a level: an organization, tenant, workspace or security group."""
        known = self._in_force.get(fqn)
        if known is not None:
            return known
        parent = fqn.rpartition("/")[0].rpartition("/")[0]
        above = self.in_force(parent) if parent else InForce()
        made, clashes = descend(above, self._level(fqn), self.choices)
        for clash in clashes:
            self.found += self.clash_findings(clash, above)
        self._in_force[fqn] = made
        return made

    def clash_findings(self, clash: Clash, above: InForce) -> Iterator[Located]:
        """What is to be said of a list that does not simply come into force."""
        names = " and ".join(one.label for one in clash.above)
        first = clash.own.items[0]
        if clash.mandated:
            says = f"this list has no effect: {names} mandates another one, which nothing below can replace."
            yield first.source.at(rules.OVERRULED.at(*first.path[:-1], says=says))
        elif self.choices.stricter is not StricterLists.UNION:
            says = f"{above.stricter} hands its settings down as STRICTER, and this list meets that of {names}; "
            says += "TSB does not document which extensions run then."
            yield first.source.at(rules.STRICTER_UNDECIDED.at(*first.path[:-1], says=says))
        else:
            held = {item.extension: item for one in clash.above for item in one.items}
            for item in clash.own.items:
                higher = held.get(item.extension)
                if higher is not None and not item.is_like(higher):
                    says = f"{quoted(item.extension)} is attached by {names} already, whose config and match count."
                    yield item.source.at(rules.OVERRULED.at(*item.path, says=says))

    def _double(self) -> None:
        """An organization, tenant or workspace has one setting."""
        for fqn, sources in self._settings.items():
            if f"/{_SECURITY}/" in fqn:
                continue
            for source in sources[1:]:
                first = sources[0].document
                says = f"{fqn} has a setting already, in {first.file}:{first.line}."
                self.found.append(source.at(rules.TWO_SETTINGS.at("metadata", says=says)))

    def _level(self, fqn: str) -> Level:
        sources = self.settings(fqn)
        is_group = f"/{_SECURITY}/" in fqn
        if not is_group:
            sources = sources[:1]  # a second one is an error
        kind = TargetKind.SECURITY_GROUP if is_group else TargetKind.DEFAULT_SETTING
        items = tuple(item for source in sources for one in source.resource.lists for item in items_of(source, one))
        mandates, defaults = self._attached(fqn)
        return Level(
            fqn,
            Attaching(kind, fqn, items) if items else None,
            defaults,
            mandates,
            any(source.resource.is_stricter for source in sources),
        )

    def _attached(self, fqn: str) -> tuple[list[Attaching], list[Attaching]]:
        """The mandates and the defaults of the Profiles that are attached to a level."""
        lists: tuple[list[Attaching], list[Attaching]] = ([], [])
        for profile in self._profiles_of(fqn):
            for held, one in zip(lists, profile.resource.lists, strict=True):
                items = items_of(profile, one)
                held += [Attaching(TargetKind.PROFILE, str(profile.resource.fqn), items)] if items else []
        return lists

    def _profiles_of(self, fqn: str) -> Iterator[Source]:
        carrier = self._carriers.get(fqn)
        for index, name in enumerate(carrier.resource.profiles if carrier else ()):
            assert carrier is not None
            if not isinstance(name, str):
                continue
            path = ("spec", "profiles", index)
            try:
                profile = Fqn.parse(name, TargetKind.PROFILE)
            except FqnError as error:
                self.found.append(carrier.at(rules.NO_PROFILE.at(*path, says=f"{error}.")))
                continue
            home = Fqn(profile.pairs[:-1])
            if not Fqn.parse(fqn).within(home):
                says = f"{quoted(name)} is of {home}, and can be attached there and below only, not to {fqn}."
                self.found.append(carrier.at(rules.PROFILE_ELSEWHERE.at(*path, says=says)))
            elif name not in self._profiles:
                says = f"{quoted(name)} is not among the documents."
                self.found.append(carrier.at(rules.NO_PROFILE.at(*path, says=says)))
            else:
                yield self._profiles[name]

    def misplaced_profiles(self) -> Iterator[Located]:
        """Profiles with extensions on gateway groups: they are for workloads, and nothing says what becomes of them."""
        for fqn, carrier in self._carriers.items():
            if carrier.resource.kind is not GATEWAY_GROUP:
                continue
            for index, name in enumerate(carrier.resource.profiles):
                profile = self._profiles.get(str(name))
                if profile is not None and profile.resource.attaches:
                    says = f"extensions of the profile {quoted(name)} are for workloads, not for gateways: {fqn} gets none."
                    yield carrier.at(rules.PROFILE_ON_GATEWAYS.at("spec", "profiles", index, says=says))
