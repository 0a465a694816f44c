"""What the parsers of Istio's agent and of kubectl make of a text: the program `modules/judge`, asked line by line."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from .processes import die_with_parent


class TextJudge:
    """One running judge; use it as a context manager.

    :param what: ``reference``: module URLs, by Go's net/url and go-containerregistry as Istio calls them; ``yaml``: YAML
        documents, by sigs.k8s.io/yaml as kubectl does.
    """

    def __init__(self, program: Path, what: Literal["reference", "yaml"]) -> None:
        self._process = subprocess.Popen(
            [program, what], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent()
        )

    def say(self, text: str) -> dict[str, Any]:
        """The answer: ``error``, or ``registry``, ``repository``, ``identifier``, or ``value``."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(text) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def __enter__(self) -> TextJudge:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait(timeout=10)
