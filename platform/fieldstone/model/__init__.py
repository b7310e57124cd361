"""The compiled, immutable site."""
