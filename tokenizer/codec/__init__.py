"""Sound to codes and back: the codec and its networks."""
