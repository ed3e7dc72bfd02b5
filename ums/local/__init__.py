"""The stack on one machine: what `./dev run` and `./dev demo` start."""
