"""Statistics of numbers and of sums: distributions, intervals, tests and resampling. Nothing here knows of losses or of files."""
