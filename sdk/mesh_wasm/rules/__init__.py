"""The catalogue of rules. Each module holds one family; each rule stands beside the one function that checks it."""

__all__ = [
    "admission",
    "adoption",
    "catalog",
    "checks",
    "direct_mode",
    "effect",
    "extensions",
    "hierarchy",
    "image",
    "known_bugs",
    "modules",
    "of_modules",
    "pages",
    "pull_secrets",
    "security",
    "subjects",
    "surroundings",
    "version",
    "waivers",
    "walk",
]
