"""Real services that a test session or a benchmark starts for itself, and stops."""
