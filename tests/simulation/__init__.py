"""A deterministic simulation of many workers and their accidents, over the code that runs in production."""
