"""The language model: codes in, codes out; knows nothing about text."""
