"""The HTTP edge: translates requests into reads and writes, decides nothing."""
