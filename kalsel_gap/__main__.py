"""``python -m kalsel_gap``."""

from kalsel_gap.cli import main

main()
