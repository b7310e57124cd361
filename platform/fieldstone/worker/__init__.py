"""The background edge: works timers, the outbox and long jobs."""
