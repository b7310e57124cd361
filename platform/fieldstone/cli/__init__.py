"""The command line: translates arguments into reads, writes and actions."""
