"""What the device is, what it has free, and the number formats it reads."""
