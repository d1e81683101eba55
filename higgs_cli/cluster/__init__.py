"""Many workers, each with a model of its own, behind the one door: runs go out, records come in."""
