"""The only place that executes SQL: tables, rows, history, audit chain, outbox, timers, schema operations."""
