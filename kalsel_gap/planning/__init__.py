"""What to build, for whom, from which money, in which year."""
