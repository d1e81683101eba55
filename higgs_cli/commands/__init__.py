"""One file per verb: options in, one call into the pipeline, one call to `out`."""
