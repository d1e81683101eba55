"""The JSON beside the audio, written and read back."""
