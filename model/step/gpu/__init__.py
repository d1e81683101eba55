"""Fused kernels for a decode step on a GPU, each with a plain twin in torch. They need triton."""
