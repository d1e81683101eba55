"""The door to a speech model: the protocol, and Higgs Audio behind it."""
