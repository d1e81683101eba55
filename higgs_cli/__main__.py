"""Lets `python -m higgs_cli` behave exactly like the `higgs` command."""

from higgs_cli.app import run

if __name__ == "__main__":
    run()
