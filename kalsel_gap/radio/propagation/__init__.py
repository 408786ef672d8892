"""Path loss over terrain: ITU-R P.1812-8, NTIA's ITM, free space, and their parts.

A model takes :class:`~.path_inputs.Paths` and the parameters of a link, and returns a loss in
decibels and a :class:`~.path_inputs.Status` for each path. A path that a model does not cover is
NaN with a status that gives the reason, never a number and never an exception: one bad path of a
million must not stop the others.

Distances are kilometres, heights metres, frequencies megahertz, levels decibels.
"""
