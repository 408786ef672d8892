"""What files of a folder can be to a project, decided by the readers' own recognition."""
