"""One decode step of a small model on a CPU, compiled. `model.step.cpu_step` is the door."""
