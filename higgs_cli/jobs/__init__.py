"""What is asked for: a script, a recording with texts, or a manifest, ready to be rendered."""
