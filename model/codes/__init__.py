"""Rules for codes: how they are drawn, delayed, closed, and when a stream has stalled."""
