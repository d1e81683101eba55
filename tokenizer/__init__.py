"""Sound and words to codes and ids, and back; knows nothing about the language model."""
