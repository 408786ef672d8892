"""Radio: coverage rasters, links to schools, terrain paths, propagation models."""
