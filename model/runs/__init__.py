"""What the engine is asked for and what it answers: plain values, nothing computed."""
