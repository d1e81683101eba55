"""What will be said in one go: sentences, chunks, runs and their keys."""
