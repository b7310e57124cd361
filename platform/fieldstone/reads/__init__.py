"""The door for reading: every row and figure leaves through here, within the actor's access."""
