"""What every floor may use: problems, origins, labels, ids, names, settings."""
