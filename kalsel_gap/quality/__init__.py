"""What is wrong with the inputs, and what is proposed to repair it."""
