"""Benches of the agent beside blackbox_exporter and others, all on loopback: python -m tests.benchmarks.probes --help."""
