"""Speech on request: one open model, many clients, in Python and over HTTP."""
