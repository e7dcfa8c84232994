"""Fuzzing of the readers. The corpus of each reader is in the folder of its name."""
