"""Verifying: what a proxy really runs, against what the plan says.

Istio is silent where a plugin does not come about: no status, no event, often no log line. But a proxy's own admin
endpoint shows its filter chains and the filters that it was sent. Reading these, and nothing else, `_proxydump` says what
a proxy runs, `_agentlog` why it does not, `planned` what it should run, and `judge` compares the two.
Which proxies of a cluster a plan touches say `pods`.
"""

__all__ = ["istiod", "judge", "planned", "pods", "read", "survey"]
