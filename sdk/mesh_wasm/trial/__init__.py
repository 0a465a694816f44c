"""Trials: the planned modules in a real Envoy on this machine, before anything is live.

- :mod:`.envoy`: which Envoy, and of which version.
- :mod:`.filters`, :mod:`.bootstrap`: what istiod and the agent would hand to it.
- :mod:`.process`: starting it within limits, with nothing of its configuration in any file.
- :mod:`.asked`, :mod:`.planned`, :mod:`.proxy`, :mod:`.echo`: the planned chain of one proxy, to send requests through.
- :mod:`.words`, :mod:`.redaction`: what modules and Envoy say, less secrets.
- :mod:`.verdict`, :mod:`.together`, :mod:`.trials`: whether modules start with their effective configurations.

Only commands and the users' own tests start an Envoy; preview, plan, lint and explain read verdicts from the lock.
"""

__all__ = [
    "asked",
    "bootstrap",
    "echo",
    "envoy",
    "filters",
    "planned",
    "process",
    "proxy",
    "redaction",
    "together",
    "trials",
    "verdict",
    "words",
]
