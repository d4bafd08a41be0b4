"""A small company's data estate, real and on loopback: Kafka, Kafka Connect with Debezium, PostgreSQL, MariaDB, Redis."""
