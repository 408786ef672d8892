"""Run folder, atomic writes, cache, parquet, fingerprints."""
