"""Converting a record into others: carrying it out, letting it wait for a check, taking it back."""
