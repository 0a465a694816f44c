"""Module URLs that can be read and cannot be what was meant.

- :mod:`.docker_hub`: images that Istio looks for at Docker Hub, which cannot have them.
- :mod:`.placeholders`: what nobody filled in, and no tool expanded.
- :mod:`.shown`: a URL as people are shown it, without login and token.
- :mod:`.web_pages`: pages that show a file, instead of the file.
"""

__all__ = ["docker_hub", "placeholders", "shown", "web_pages"]
