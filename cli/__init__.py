"""The command line: one module for each group of commands; everything it needs comes from ``server.py``."""
