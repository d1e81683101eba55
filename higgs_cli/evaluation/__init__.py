"""How good a model speaks, measured: words, voice, durations, levels, each beside the teacher's."""
