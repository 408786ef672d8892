"""What a person receives: tables, the web map, GIS layers, the page of findings."""
