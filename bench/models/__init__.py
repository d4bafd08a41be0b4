"""The making of the default models: invented people, their noisy records, and the estimates that become a model file.

Run ``python -m bench.models`` to write ``identity/models/*.json`` again; the same seed gives the same files.
"""
