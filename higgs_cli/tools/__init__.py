"""What commands do with model/ and tokenizer/ besides rendering."""
