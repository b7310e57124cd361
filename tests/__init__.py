"""The tests of Fieldstone; the folders mirror the package."""
