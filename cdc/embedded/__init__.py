"""Debezium in a process of Onefold's own, without Kafka: one process for each source.

Where the engine goes on is kept in Onefold's database, in the transaction of each batch; the engine's own store of offsets is a
file that is written before each start and thrown away after it.
"""
