"""Results: values, totals and comparisons, and the gates that check them."""
