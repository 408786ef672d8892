"""One site to one school: path loss, levels, microwave hops, calibration, validation."""
