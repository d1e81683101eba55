"""Words and voices become the contexts that the model was trained on."""
