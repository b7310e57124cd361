"""One small language: text to a typed tree, then a Python answer or a SQL clause."""
