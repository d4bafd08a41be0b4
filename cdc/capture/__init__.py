"""Capturing source databases with Debezium: what its connectors are told, what the databases need, what would lose data.

Nothing here is on the way of a change event: it prepares and watches the connectors that make them.
"""
