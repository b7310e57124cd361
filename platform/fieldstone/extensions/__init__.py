"""Finds built-ins and plugins and keeps a plugin's errors away."""
