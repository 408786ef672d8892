"""Both languages: catalogues, messages, number formats."""
