"""Foreign codec checkpoints become folders that load; parity with descript-audio-codec."""
