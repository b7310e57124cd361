"""Little stories in YAML: the sample data of a template, and its tests."""
