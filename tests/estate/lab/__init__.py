"""`make estate`: the demo's two businesses on real databases, captured by Debezium, read from Kafka, for a person to try."""
