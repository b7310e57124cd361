"""Private servers and a browser for the tests, each killable and restartable by a test."""
