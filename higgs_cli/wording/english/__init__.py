"""English as it is read out: a reader for each field, and the tables that they share."""
