"""Industry templates of a running site: looked at, tested, installed, upgraded, removed; for command, REST and studio."""
