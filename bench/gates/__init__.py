"""How good are the gates? A labelled set of takes, and what the gates say of it."""
