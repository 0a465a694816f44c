"""Values: what a single leaf of a document can be: names, images, enumerations, texts that are secret or not known yet."""

__all__ = [
    "base",
    "deferred",
    "docker_config",
    "enums",
    "fqn",
    "gourl",
    "image",
    "labels",
    "marks",
    "module_urls",
    "naming",
    "report_key",
    "sealed",
]
