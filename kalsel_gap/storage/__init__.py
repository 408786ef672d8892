"""Storage: run folder, atomic writes, cache, Parquet, fingerprints."""
