"""What lanes remember: keys and values, each lane's own and those of prefixes that lanes share."""
