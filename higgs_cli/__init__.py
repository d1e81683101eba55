"""The command line of `higgs`; holds the version, nothing else."""

__version__ = "0.1.0"
