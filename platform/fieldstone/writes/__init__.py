"""The door for writing: a batch of changes in, one transaction, a batch of outcomes out."""
