"""Benchmarks: ``make bench`` prints medians and ratios measured in one run."""
