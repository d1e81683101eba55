"""Training the language model: samples, batches, losses, and the loop; knows nothing about text."""
