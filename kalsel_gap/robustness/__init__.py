"""How sure the ranking is: draws of what is not known, the ranks they give, lists that hold."""
