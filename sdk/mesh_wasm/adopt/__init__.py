"""Taking over what exists: from objects of clusters to a program that declares them as they are."""

__all__ = ["adopting", "found", "grouping", "importing", "live", "ownership", "program", "python_text", "yaml_program"]
