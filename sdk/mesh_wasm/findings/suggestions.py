"""What was meant: the one place that makes suggestions, for values, field names, arguments, clusters and rules alike.

A suggestion is right or is not made. A word that differs from a name only in case, ``-``, ``_`` and blanks is that name;
else the nearest name is meant, unless it is far away or another one is as near.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

_BLIND = str.maketrans("", "", "-_ \t")


def folded(word: str) -> str:
    """The word without what people write differently: case, ``-``, ``_`` and blanks."""
    return word.casefold().translate(_BLIND)


def suggestion(word: object, names: Iterable[str], also: Mapping[str, Sequence[str]] | None = None) -> str | None:
    """The one of ``names`` that was very likely meant, in its own spelling; None where that is not clear.

    :param word: What was written.
    :param names: The names that there are, each in the spelling in which it is to be given.
    :param also: By a folded word that stands for the same idea elsewhere, the names that may be meant here.
    """
    wanted = folded(str(word))
    by_fold: dict[str, set[str]] = {}
    for name in names:
        by_fold.setdefault(folded(name), set()).add(name)
    found = by_fold.get(wanted) or _elsewhere(wanted, by_fold, also or {}) or _nearest(wanted, by_fold)
    return next(iter(found)) if len(found) == 1 else None


def nearest(word: str, names: Iterable[str]) -> list[str]:
    """All names that are equally near to a word, sorted: for ids, of which many are alike, and each is worth a look."""
    by_fold: dict[str, set[str]] = {}
    for name in names:
        by_fold.setdefault(folded(name), set()).add(name)
    return sorted(by_fold.get(folded(word)) or _nearest(folded(word), by_fold))


def _elsewhere(wanted: str, by_fold: Mapping[str, set[str]], also: Mapping[str, Sequence[str]]) -> set[str]:
    return next((by_fold[folded(name)] for name in also.get(wanted, ()) if folded(name) in by_fold), set())


def _nearest(wanted: str, by_fold: Mapping[str, set[str]]) -> set[str]:
    """The names at the least distance. One slip is forgiven in three letters, two in seven: 'conf' is not 'env'."""
    limit = (len(wanted) + 1) // 4
    found: set[str] = set()
    for fold, names in by_fold.items():
        distance = _distance(wanted, fold, limit)
        if distance < limit:
            limit, found = distance, set()
        found |= names if distance == limit else set()
    return found


def did_you_mean(guess: str | None, quote: str = "'") -> str:
    """The end of a sentence: ``; did you mean 'phase'?``, or a full stop."""
    return f"; did you mean {quote}{guess}{quote}?" if guess is not None else "."


def _distance(one: str, other: str, limit: int) -> int:
    """Slips between two words: letters put in, left out, changed, or two neighbours swapped. Above the limit: any number."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            slips = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                slips = min(slips, older[j - 2] + 1)
            row.append(slips)
    return row[-1]
