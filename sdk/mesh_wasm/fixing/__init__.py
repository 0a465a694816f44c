"""A file mended in place: the fewest characters change, everything else stays byte for byte."""

from .held_numbers import with_numbers
from .splice import Splice, spliced
from .text import CannotMend, mended, splice_of

__all__ = ["CannotMend", "Splice", "mended", "splice_of", "spliced", "with_numbers"]
