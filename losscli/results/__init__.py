"""What a run came to: values, totals, comparisons, gates."""
