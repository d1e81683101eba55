"""The one door to model/ and tokenizer/: plain data in, plain data out."""
