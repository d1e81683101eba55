"""Hand-made kernels for one decode step, each with a plain torch twin it is tested against."""
