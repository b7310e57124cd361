"""The commands of `fieldstone`, one file each."""
