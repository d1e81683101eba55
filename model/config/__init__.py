"""What a checkpoint says of its own architecture, read strictly."""
