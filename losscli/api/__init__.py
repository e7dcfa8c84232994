"""The Python interface: losses of arrays, gradients and comparisons."""
