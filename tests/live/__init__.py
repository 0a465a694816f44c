"""Requests through true proxies: what a program declares is what they pass."""
