"""Who listens: recognisers of words, prints of voices, a network that hears how good a clip is."""
