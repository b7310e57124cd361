"""Two records made one, one made two again, and the pairs that wait for somebody to decide."""
