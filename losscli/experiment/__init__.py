"""A comparison as an experiment: runs of losses with the precision of their values and of their differences."""
