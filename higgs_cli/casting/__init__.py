"""Who speaks: voices and scenes from libraries, and a voice for every speaker."""
