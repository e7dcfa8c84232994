"""The results of losses, objectives and comparisons, and the gates that check them."""
