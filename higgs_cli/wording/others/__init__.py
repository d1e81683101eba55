"""German, Spanish, French, Korean and Chinese as they are read out, from one table a language."""
