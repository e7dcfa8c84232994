"""Fusion: the formula of a pointwise loss is compiled to a program that runs tile by tile."""
