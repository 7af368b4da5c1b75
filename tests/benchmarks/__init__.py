"""Benchmarks: what the project claims about speed, measured. They are no tests; see README.md."""
