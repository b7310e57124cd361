"""The demo company: people, leads, deals and tickets of our own making, the same every time, two years deep."""
