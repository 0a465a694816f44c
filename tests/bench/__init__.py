"""The benchmark: what mesh-wasm costs beside the same work done by hand. Run it with ``make bench``.

Everything is a ratio of two things measured side by side on one machine in one run: seconds on another machine say
nothing. Each sample runs in an interpreter of its own, the two sides take turns, and the table shows medians and spread.
"""
