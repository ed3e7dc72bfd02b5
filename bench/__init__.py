"""Benchmarks: each measures UMS beside a floor or a rival in the same run (docs/benchmarks.md)."""
