"""The findings as one page that plays the audio beside it."""
