"""One decode step of a small model on a CPU, compiled. `model.compiled_step` is the door."""
