"""The network: embeddings, decoder layers with two feed-forward paths, heads, the audio tower."""
