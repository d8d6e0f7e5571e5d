"""Measuring Hexkey against its peers; `python -m benchmarks --help` says how."""
