"""What is wrong with the inputs: checks of one kind of file beside each other."""
