"""Field types: one shared suite for all, and what single types promise."""
