"""What speed is promised: each module measures one thing, as a ratio of one run."""
