"""Writing down what happens, reading it again, and proving that it was not changed."""
