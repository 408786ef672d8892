"""Path loss over terrain: ITU-R P.1812-8, NTIA's ITM, free space, and what they are made of.

A model takes :class:`~.path_inputs.Paths` and a link's terms and gives a loss in
decibels and a :class:`~.path_inputs.Status` for each path. What a model does not
cover is NaN with a status that says why, never a number and never an exception: one bad path of
a million must not stop the others.

================  ================================================================================
``p1812``         Recommendation ITU-R P.1812-8, the model that predictions are made with
``diffraction``   its core: delta-Bullington
``mechanisms``    its line of sight, scatter and ducts, and how they combine
``geometry``      its horizons and smooth Earth of a profile
``fan``           radials around a site, and which cells belong to each
``sweep``         its losses to every cell around a site
``near``          its losses nearer to a site than it begins
``locations``     its spread of the loss from place to place
``itm``           the Irregular Terrain Model (Longley-Rice), point to point, the second opinion
``longley_rice``  its attenuation over irregular terrain
``variability``   its spread in time, places and cases
``free_space``    what both would say with nothing in the way
``fresnel``       Earth bulge, Fresnel zone, clearance, a single knife edge
``clutter``       heights of land-cover classes, radio-climatic zones
``vegetation``    loss inside woodland: Recommendation ITU-R P.833
``surroundings``  loss among houses and trees that no input shows
``building``      loss into a building: Recommendation ITU-R P.2109
``antennas``      patterns of sectors
``budget``        from EIRP and loss to what a phone measures, outdoors, indoors, at a CPE
``microwave``     point-to-point hops: margin, outage by multipath, longest hop (ITU-R P.530)
``rain``          loss in rain: Recommendations ITU-R P.838 and P.530
``paths``         profiles of many paths, status of a path, threads
================  ================================================================================

Distances are kilometres, heights metres, frequencies megahertz, levels decibels.
"""
