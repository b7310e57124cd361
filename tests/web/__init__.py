"""Pages and REST through their own doors."""
