"""The modules that plugins load, and the artifacts that hold them: what a registry has, what it was found to be, by digest.

- :mod:`.reference`: which module a URL means.
- :mod:`.binary`, :mod:`.abi`, :mod:`.facts`: what a Wasm binary needs, and what the Envoy of each Istio offers.
- :mod:`.layout`: which images Istio's fetcher takes apart.
- :mod:`.locked`, :mod:`.lockfile`: ``mesh-wasm.lock``, the one thing that preview reads of modules.
- :mod:`.schema`: whether a configuration fits.
- :mod:`.go_json`, :mod:`.effective`, :mod:`.verdicts`: what a module is started with, and what trials said of it.
- :mod:`.cache`: modules on this machine.
- :mod:`.fetching`: how the command ``lock`` gets a module. Nothing else asks the network.
"""

__all__ = [
    "abi",
    "binary",
    "cache",
    "effective",
    "facts",
    "go_json",
    "layout",
    "lock_schema",
    "locked",
    "lockfile",
    "reference",
    "schema",
    "verdicts",
]
