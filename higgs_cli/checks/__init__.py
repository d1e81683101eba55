"""Is a take good enough to count? Each check looks at one chunk and its sound."""
