"""Where the weights lie and in which precision, so that they fit the device."""
