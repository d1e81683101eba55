"""Takes become one performance: edges, pauses, joins, loudness. Knows nothing about models."""
