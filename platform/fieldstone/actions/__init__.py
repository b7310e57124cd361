"""A verb made of several reads and writes, one file each, exposing ACTION."""
