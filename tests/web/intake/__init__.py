"""Tests of what the world may reach without signing in."""
