"""How words are said to the model: cleaned, expanded, replaced."""
