"""One decode step for all lanes: plain, compiled for a CPU, or recorded for a GPU."""
