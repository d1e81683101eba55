"""Training of the codec: losses, discriminators, quantizer statistics, initialisation, the loop."""
