"""YAML in, Model out: read with positions, check, merge layers, resolve names, report all problems at once."""
