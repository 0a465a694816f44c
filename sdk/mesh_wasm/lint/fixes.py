"""``lint --fix``: the findings that a machine can mend, mended in the files, until none is left."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mesh_wasm.findings.finding import RemoveItem
from mesh_wasm.fixing import CannotMend, Splice, mended, splice_of
from mesh_wasm.yaml.file import Document, Located, Unreadable, documents, read_file
from mesh_wasm.yaml.paths import STDIN_NAME

from .run import Result

_ROUNDS = 100
"""Each round mends at least one finding; a mended one can show another one, which it had hidden."""
_BOM = b"\xef\xbb\xbf"

Judge = Callable[[Sequence[Document]], Result]
"""Lints all documents of the run."""


@dataclass(frozen=True, slots=True)
class Left:
    """A finding that could be mended in another file, and why not in this one."""

    located: Located
    why: str
    """The end of a sentence that begins with the value."""


@dataclass(slots=True)
class FixedFile:
    """A file before and after."""

    file: str
    before: str
    after: str
    marked: bool = False
    """Whether it begins with a byte order mark."""
    done: list[Located] = field(default_factory=list)
    """What was mended, with the lines of the moment."""

    def diff(self) -> Iterator[str]:
        """The change as a unified diff."""
        lines = self.before.splitlines(keepends=True), self.after.splitlines(keepends=True)
        for line in difflib.unified_diff(*lines, self.file, self.file):
            yield line.rstrip("\r\n")

    def write(self) -> None:
        """Put the text into the file. Raises OSError."""
        with open(self.file, "wb") as stream:
            stream.write((_BOM if self.marked else b"") + self.after.encode())


@dataclass(frozen=True, slots=True)
class Fixed:
    """What came of ``--fix``. Nothing is written yet."""

    result: Result
    """What is to be said of the files as they are afterwards."""
    files: tuple[FixedFile, ...]
    """Those that change."""
    left: tuple[Left, ...]
    documents: tuple[Document, ...]
    """All documents as they are afterwards."""


def fix(read: Iterable[Document], judge: Judge) -> Fixed:
    """Mend what can be mended without knowing more than the rule, and judge what comes of it."""
    held = list(read)
    files: dict[str, FixedFile | str] = {}
    for _ in range(_ROUNDS):
        result = judge(held)
        left: list[Left] = []
        changed = {file for file, found in _by_file(result).items() if _round(file, found, held, files, left)}
        if not changed:
            break
        held = list(_again(held, changed, files))
    return Fixed(
        result,
        tuple(one for one in files.values() if isinstance(one, FixedFile) and one.done),
        tuple(left),
        tuple(held),
    )


def splices(read: Iterable[Document], result: Result) -> Mapping[Located, tuple[str, Splice]]:
    """For machines: by finding, the text of its file, and the characters that its remedy changes."""
    held, texts, found = list(read), dict[str, FixedFile | str](), dict[Located, tuple[str, Splice]]()
    for file, many in _by_file(result).items():
        for located in many:
            if located.finding.path[-1:] == ("value",):
                continue  # of a variable: it may be a secret, and the change would show it
            opened = _opened(file, texts)
            try:
                if isinstance(opened, FixedFile):
                    change = splice_of(opened.before, _document(held, located), located.finding)
                    found[located] = opened.before, change
            except CannotMend:
                continue
    return found


def _by_file(result: Result) -> dict[str, list[Located]]:
    """The findings with a remedy for machines, by file, from the end of each: so what stands above keeps its lines."""
    found: dict[str, list[Located]] = {}
    for located in reversed(result.findings):
        if located.finding.mend is not None:
            found.setdefault(located.file, []).append(located)
    return found


def _round(
    file: str, found: list[Located], held: list[Document], files: dict[str, FixedFile | str], left: list[Left]
) -> bool:
    """Mend the findings of one file; whether any was."""
    opened = _opened(file, files)
    if isinstance(opened, str):
        left += (Left(located, opened) for located in found)
        return False
    count, shortened = len(opened.done), set[int]()
    for located in found:
        document = _document(held, located)
        if isinstance(located.finding.mend, RemoveItem):
            if document.line in shortened:
                continue  # the items behind the one that went have other numbers now: in the next round
            shortened.add(document.line)
        try:
            opened.after = mended(opened.after, document, located.finding)
            opened.done.append(located)
        except CannotMend as error:
            left.append(Left(located, str(error)))
    return len(opened.done) > count


def _document(held: Iterable[Document], located: Located) -> Document:
    """The document that a finding is about; of the items of a List the last one that begins before its line."""
    return [
        one
        for one in held
        if (one.file, one.index) == (located.file, located.document) and one.line <= max(located.line, 1)
    ][-1]


def _again(held: Iterable[Document], changed: set[str], files: Mapping[str, FixedFile | str]) -> Iterator[Document]:
    """The documents, those of changed files read from their new text."""
    read: set[str] = set()
    for document in held:
        opened = files.get(document.file)
        if document.file not in changed or not isinstance(opened, FixedFile):
            yield document
        elif document.file not in read:
            read.add(document.file)
            yield from documents(opened.after, document.file)


def _opened(file: str, files: dict[str, FixedFile | str]) -> FixedFile | str:
    if file not in files:
        files[file] = _open(file)
    return files[file]


def _open(file: str) -> FixedFile | str:
    """The file, or why it cannot be mended."""
    if file == STDIN_NAME:
        return "came by standard input, which cannot be written to"
    try:
        data = read_file(file)
        text = data.decode("utf-8-sig")
    except (Unreadable, UnicodeDecodeError):
        return "stands in a file that is not UTF-8"
    return FixedFile(file, text, text, data.startswith(_BOM))
