"""Every page template with sample values: the shapes page modules fill, and the smoke test of the design system."""
