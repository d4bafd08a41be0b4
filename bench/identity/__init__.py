"""How well records of persons are joined: generated data with truth, measures, and peers.

Kept apart from the code under test: nothing here but the adaptor (`bench.identity.onefold`) imports Onefold, and nothing in
Onefold imports this.
"""
