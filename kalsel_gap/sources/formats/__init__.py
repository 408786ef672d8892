"""Each kind of file as cells of text or as shapes, one module for each format."""
