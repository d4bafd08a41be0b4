"""The commented ``onefold.toml`` that ``onefold init`` writes: every setting with its default and its meaning."""

from string import Template
from typing import Final

_SETTINGS: Final = Template("""\
# Settings of an Onefold installation. Every line that is commented out shows a default.
# Paths are relative to this file. The variables ONEFOLD_DATABASE, ONEFOLD_KEYSTORE, ONEFOLD_KEYS, ONEFOLD_KEY_FILE
# and ONEFOLD_REDIS_URL stand above the same settings here; a database password belongs there, not here.
# After a change: onefold check

[onefold]
# tenant = "default"                        # part of every key derivation: never change it afterwards
# currency = "CNY"                          # ISO 4217; what was spent is summed in it
# data = "data"                             # folder of the main database
# database = "sqlite:///data/onefold.db"    # or postgresql+psycopg://user@host/database
# keystore = "sqlite:///keys/keystore.db"   # the data keys, wrapped: a database of its own, backed up apart
$keys# key_file = "keys/root.json"              # root and epoch keys of keys = "file"; keep it out of backups of the databases
# max_event_bytes = 8388608                 # larger events are parked

[server]
# host = "127.0.0.1"                        # anything else needs a proxy with TLS before it
# port = 8000

[identity]
# default_region = "CN"                     # of phone numbers without a country code; ISO 3166
# max_cluster_records = 200                 # a profile joins no more source records than this
# pause_above_merges = 100                  # a batch that joins more existing profiles waits for your word; 0: never

# How each kind of identifier joins records. Kinds: national_id, wechat_unionid, alipay_id, wechat_openid, loyalty_card,
# customer_no, email, phone, device_id. The values shown are those of phone.
# [identity.identifiers.phone]
# generic_above = 5                         # a value that people of more names state counts as missing; at most 32
# generic_above_records = 100               # so does one that more records state, whatever their names; at most 200
# max_values = 10                           # how many different values one profile may hold; 1: they keep records apart
# links = true                              # whether an equal value joins records at all

# Values that identify nobody: the shop's own number, a cashier's dummy address.
# [identity.blocked]
# phone = ["021-55550000"]

[profiles]
# default = "latest"                        # which value survives: latest, most_trusted, most_frequent, verified_first
# trust = ["pos", "shop"]                   # sources, most trusted first, for most_trusted

# [profiles.attributes]
# email = "verified_first"
# phone = "verified_first"

# Purposes for which personal values may be read, with their legal basis: consent, contract, legal_obligation,
# legitimate_interest, public_task, vital_interest. customer_service (contract) and privacy_request (legal obligation)
# are always there.
[purposes]
# marketing = "consent"

# Kafka Connect, for sources with a [source.connector]: docs/connectors.md.
# [connect]
# url = "http://127.0.0.1:8083"             # one with a password belongs in ONEFOLD_CONNECT
# bootstrap_servers = "kafka:9092"          # as Kafka Connect reaches them

# Where `onefold ingest --from kafka` reads the topics of all sources, and `onefold publish` writes.
[kafka]
# bootstrap_servers = ["localhost:9092"]
# group = "onefold"                         # the consumer group; all workers of an installation share one
# topics = "shop\\.public\\..*"             # a regular expression, in place of the sources' own topics
# security_protocol = "PLAINTEXT"           # or SSL, SASL_PLAINTEXT, SASL_SSL
# sasl_mechanism = "SCRAM-SHA-512"          # or SCRAM-SHA-256, PLAIN
# user = "onefold"                          # its password: ONEFOLD_KAFKA_PASSWORD, or a file:
# password_file = "kafka.password"
# ca_file = "kafka-ca.pem"                  # who may vouch for the brokers; the system's authorities otherwise
# certificate_file = "onefold.pem"          # our own, where the brokers ask for one
# key_file = "onefold.key"

# Where changes of profiles are published: docs/formats/profile-events.md, `onefold publish`.
[publish]
# topic = "onefold.profiles"
# beside = []                               # ["serve", "ingest"]: commands that publish beside their own work
# keep_days = 7                             # how long what was published stays in the outbox

# Wake-ups between processes; without, they look every second. A password belongs in ONEFOLD_REDIS_URL, not here.
[redis]
# url = "redis://127.0.0.1:6379/0"

# Where /metrics, /healthz and /readyz of each process are: docs/operations.md. Off without a port.
[metrics]
# host = "127.0.0.1"
# port = 9464

# Where `onefold ingest --from debezium` keeps and finds its things: docs/connectors.md.
[debezium]
# folder = "data/debezium"
# jars = "jars"                             # further jars, such as MariaDB's connector
# logs = "logs"                             # the engines' logs, which may quote rows; none otherwise

# Where traces are sent by OTLP over HTTP: docs/operations.md, extra `tracing`. Off without an endpoint.
[tracing]
# endpoint = "http://127.0.0.1:4318"        # the OTEL_ variables stand above it
# service = "onefold"

# What the tables and columns of your databases mean: docs/mapping.md. `onefold init --from URL` proposes it,
# `onefold check FILE…` shows what becomes of captured events.
""")

_EXAMPLE: Final = """\
#
# [[source]]
# name = "shop"                             # stable: part of every record key
# topics = "shop.public.*"
# channel = "online"
# timezone = "Asia/Shanghai"                # of times without a zone
# currency = "CNY"                          # of amounts without a currency column
#
# [source.tables.customers]
# kind = "person"                           # person, order, order_line, return, event, consent, feedback, loyalty, ignore
# key = ["id"]
# updated_at = "updated_at"
#
# [source.tables.customers.columns]
# email = { is = "email", verified_by = "email_verified_at" }
# mobile = { is = "phone" }
# full_name = { is = "name" }
"""

_FILE_KEYS: Final = (
    '# keys = "file"                            # or "environment": ONEFOLD_ROOT_KEY and ONEFOLD_EPOCH_KEYS\n'
)
_ENVIRONMENT_KEYS: Final = (
    'keys = "environment"                        # ONEFOLD_ROOT_KEY and ONEFOLD_EPOCH_KEYS; or "file"\n'
)


def settings_text(*, key_provider: str, mapping: str = "") -> str:
    """Write the file; ``mapping`` is its ``[[source]]`` part, an example in comments by default."""
    keys = _ENVIRONMENT_KEYS if key_provider == "environment" else _FILE_KEYS
    return _SETTINGS.substitute(keys=keys) + ("\n" + mapping if mapping else _EXAMPLE)
