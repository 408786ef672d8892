"""Two runs of one project compared: which ranks moved and why, which gaps changed."""
