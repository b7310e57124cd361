"""The queue: RQ with Redis; without Redis the same queue on a table."""
