"""Clusters that live: what commands read of an API server, and never write. The client is the extra ``cluster``.

Only commands import this room. It knows two verbs, get and list, and the port-forward of proxies.
"""

from .client import LiveError, Session

__all__ = ["LiveError", "Session", "client", "forwarding", "proxies", "reading"]
