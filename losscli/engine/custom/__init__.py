"""A user's function as a loss: which rows it is called with, and the checks that its values do not depend on that."""
