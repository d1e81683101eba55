"""Who says which quotation of a novel: by rules that a reader can follow, each with its reason."""
