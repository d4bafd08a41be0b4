"""The edge to Kafka: kafka-python behind what the reader asks of it.

kafka-python keeps heartbeats, metadata and connections in a thread of its own, so the group knows us while a batch is applied or a
partition stands; a rebalance waits for the next poll. Its listener runs in that thread: it puts what was assigned to rest and
notes it, nothing more. Its log lines are not ours (one for each attempt, with addresses): they end here, and we say once what is wrong.

Sources: kafka-python 3.0 (`kafka.consumer.group`, `kafka.consumer.subscription_state`).
"""

import logging
import re
import ssl
import threading
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from kafka import ConsumerRebalanceListener, KafkaAdminClient, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka import errors as kafka_errors
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.structs import MemberState

from cdc.kafka_batches import KafkaRecord
from cdc.kafka_described import described
from cdc.kafka_errors import KafkaRefused, KafkaUnreachable, OutOfRange, Place, RecordCorrupt
from cdc.kafka_partners import Assignment
from cdc.kafka_settings import KafkaSettings
from cdc.kafka_streams import Log

#: The group may wait so long for our next poll: longer than any batch takes.
_MAX_POLL_MS: Final = 300_000
#: How soon the others take over from a worker that died; brokers allow 6 s and more.
_SESSION_MS: Final = 10_000
#: How soon we hear that somebody joined or left; a partition that moves waits for this twice (kept, given up, given).
_HEARTBEAT_MS: Final = 1_000
_REQUEST_MS: Final = 10_000
#: How soon a new topic of a pattern is noticed.
_METADATA_MS: Final = 30_000
#: How long a broker may keep a fetch that finds nothing: what is asked next on the same connection waits behind it, 0.5 s by default, at each
#: look at partitions that were given to us and at each look at lag.
_FETCH_WAIT_MS: Final = 100
_FETCH_BYTES: Final = 32 * 1024 * 1024
_PARTITION_BYTES: Final = 2 * 1024 * 1024
_LONGEST_RECONNECT_MS: Final = 5_000
#: How long a poll lasts that joins, unless it brings records before. Not less: a join that comes to its end while nobody waits for it is thrown away and
#: begins anew (kafka-python 3.0.12, `BaseCoordinator.join_group_async`). Beside a worker that took 3 s for each batch, three of a group settled in 5.6 s
#: each time; with a tenth of a second here, in 5.6 s, 18 s and not within a minute.
_JOIN_SECONDS: Final = 0.5
_CLOSE_MS: Final = 5_000
_LIBRARIES: Final = {"lz4": "lz4", "zstd": "zstandard", "snappy": "python-snappy"}
_REFUSED: Final = {
    kafka_errors.SaslAuthenticationFailedError: "the brokers refuse user or password; see `user` in [kafka] and its password",
    kafka_errors.UnsupportedSaslMechanismError: "the brokers do not take this `sasl_mechanism` of [kafka]",
    kafka_errors.TopicAuthorizationFailedError: "the brokers do not let this user read a topic; grant READ and DESCRIBE on the sources' topics",
    kafka_errors.GroupAuthorizationFailedError: "the brokers do not let this user into the group; grant READ on `group` of [kafka]",
    kafka_errors.ClusterAuthorizationFailedError: "the brokers do not let this user describe the cluster; grant DESCRIBE",
    kafka_errors.InconsistentGroupProtocolError: "others use the same group in another way; set another `group` in [kafka]",
    kafka_errors.UnsupportedVersionError: "the brokers are too old for this client",
}

_UNKNOWN_BROKER: Final = "nobody vouches for the brokers' certificate, or it is another host's; see `ca_file` and `bootstrap_servers` in [kafka]"
_DAMAGED: Final = re.compile(
    r"TopicPartition\(topic='(?P<topic>[\w.-]+)', partition=(?P<partition>\d+)\) at offset (?P<offset>\d+)", re.ASCII
)
#: A broker that refuses a login hangs up; over TLS its answer is hardly ever read before that. One that is down does not take calls.
_HANG_UPS: Final = 3
_HUNG_UP: Final = "the brokers hang up each time when they hear who reads; see `user`, its password and `security_protocol` in [kafka]"
_KEPT_CAUSES: Final = 200


class KafkaClient(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    """A member of the consumer group; used by one thread, but for the listener's methods."""

    def __init__(self, settings: KafkaSettings, pattern: str) -> None:
        """Connect and join; ``pattern`` matches whole names of topics."""
        hush(is_login=settings.is_sasl)
        self._assignments: list[Assignment] = []
        self._lock = threading.Lock()
        connection = connection_settings(settings)
        with translated():
            self._admin = KafkaAdminClient(
                **connection, request_timeout_ms=_REQUEST_MS, bootstrap_timeout_ms=_REQUEST_MS
            )
            try:
                self._consumer = KafkaConsumer(**connection, **_consumer_settings(settings))
            except BaseException:
                self._admin.close()
                raise
            self._consumer.subscribe(pattern=pattern, listener=self)
        _OVERHEARD.log_in()

    # the listener, in the client's thread

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Note what is ours; that it rests keeps the client from asking Kafka for a position."""
        self._consumer.seek_to_end(*assigned)
        self._note(assigned, is_given=True)

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Note what is not ours any more."""
        self._note(revoked, is_given=False)

    def on_partitions_lost(self, lost: Collection[TopicPartition]) -> None:
        """As revoked: what we still write is fenced by the next owner's claim."""
        self._note(lost, is_given=False)

    def _note(self, partitions: Collection[TopicPartition], *, is_given: bool) -> None:
        places = tuple(sorted(Place(*partition) for partition in partitions))
        with self._lock:
            self._assignments.append((is_given, places))

    # what the reader asks

    def assignments(self) -> list[Assignment]:
        """What happened since the last call."""
        with self._lock:
            noted, self._assignments = self._assignments, []
        return noted

    def poll(self, seconds: float, records: int) -> Mapping[Place, Sequence[KafkaRecord]]:
        """Wait for some records, at most so many.

        While the group waits for a member to join again, kafka-python's own poll fetches nothing (3.0.12, `KafkaConsumer._poll_once`), so one
        worker that is slow over a batch would stop all. What was assigned stays ours until the others have joined, and is read meanwhile.
        A join that is broken off begins anew, and the others' with it: it gets its time, however short the caller's is.
        """
        with translated():
            if not self._go_on_joining():
                return self._read_meanwhile(records)
            patience = max(seconds, _JOIN_SECONDS) if self._is_waiting_for_others() else seconds
            found = self._consumer.poll(timeout_ms=int(patience * 1000), max_records=records)
            return _by_place(found) or self._read_meanwhile(records)

    def _read_meanwhile(self, records: int) -> Mapping[Place, Sequence[KafkaRecord]]:
        """What was fetched of ours, while the group waits for others."""
        if not self._is_waiting_for_others():
            return {}
        found, _ = self._consumer._fetcher.fetch_records(records, timeout_ms=0)  # noqa: SLF001 - poll's own next step
        return _by_place(found)

    def _go_on_joining(self) -> bool:
        """Have a join that a poll before this one began come to its end; whether it did, or there was none.

        kafka-python asks before each poll whether there is a reason to join (3.0.12, `ConsumerCoordinator.need_rejoin`), and not whether a join is under
        way. A new topic is no reason any more once the join names it, for a leader once it has shared it out: if a poll ends between that and the
        end of the join, no other takes what the join brought. Heartbeats rest while one joins, so when the session is over the group puts us out,
        gives our partitions to others, and we never hear of it. Java's client goes on (`AbstractCoordinator.rejoinNeededOrPending`).

        It is waited for alone: the client's poll asks for metadata first, which a broker answers behind a fetch, up to half a second later, and
        throws away a join that ends meanwhile.
        """
        coordinator = self._consumer._coordinator  # noqa: SLF001 - nobody else tells
        if not coordinator.rejoining:
            return True
        coordinator.request_rejoin()
        return bool(coordinator.ensure_active_group(timeout_ms=int(_JOIN_SECONDS * 1000)))

    def _is_waiting_for_others(self) -> bool:
        """Whether the group, which knows us, waits for its members; who was forgotten meanwhile has lost his partitions, and is told later."""
        ours = self._consumer.group_metadata()
        is_known = ours.generation_id >= 0 and self._consumer._coordinator.coordinator_id is not None  # noqa: SLF001 - nobody else tells
        return is_known and ours.state == MemberState.REBALANCING

    def logs(self, places: Collection[Place]) -> Mapping[Place, Log]:
        """Describe partitions."""
        with translated():
            return described(self._admin, self._consumer, places)

    def places(self) -> Collection[Place]:
        """All partitions of the topics that match."""
        with translated():
            topics = self._consumer.subscription() or ()
            return [Place(topic, at) for topic in topics for at in self._consumer.partitions_for_topic(topic)]

    def seek(self, place: Place, offset: int) -> None:
        """Read on there."""
        with suppress(ValueError):  # taken away meanwhile
            self._consumer.seek(TopicPartition(*place), offset)

    def rest(self, place: Place) -> None:
        """Read nothing of what is there.

        Not by the client's own pause: what it had fetched of a paused partition may keep it from ever being fetched again after `resume`
        (kafka-python 3.0.12, `Fetcher._paused_partition_records`).
        """
        with suppress(ValueError):  # taken away meanwhile
            self._consumer.seek_to_end(TopicPartition(*place))

    def position(self, place: Place) -> int | None:
        """Where the next fetch begins."""
        with suppress(kafka_errors.KafkaError, KeyError):
            found = self._consumer.position(TopicPartition(*place), timeout_ms=0)
            return None if found is None else int(found)
        return None

    def hint(self, offsets: Mapping[Place, int]) -> None:
        """Commit to Kafka without waiting."""
        with suppress(kafka_errors.KafkaError):
            self._consumer.commit_async(
                {TopicPartition(*place): OffsetAndMetadata(offset, "", -1) for place, offset in offsets.items()}
            )

    def is_stable(self) -> bool:
        """Whether the group is at rest."""
        with self._lock:
            is_noted = bool(self._assignments)
        return not is_noted and self._consumer.group_metadata().state == MemberState.STABLE

    def close(self) -> None:
        """Leave the group and end both clients."""
        with suppress(kafka_errors.KafkaError):
            self._consumer.close(autocommit=False, timeout_ms=_CLOSE_MS)
        with suppress(kafka_errors.KafkaError):
            self._admin.close()


def _by_place(found: Mapping[TopicPartition, Any]) -> dict[Place, Any]:
    return {Place(*partition): some for partition, some in found.items()}


def connection_settings(settings: KafkaSettings) -> dict[str, Any]:
    """Our settings as kafka-python's."""
    found: dict[str, Any] = {
        "bootstrap_servers": list(settings.bootstrap_servers),
        "security_protocol": settings.security_protocol,
        "client_id": "onefold",
        "reconnect_backoff_max_ms": _LONGEST_RECONNECT_MS,
    }
    if settings.is_sasl:
        found |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.user,
            "sasl_plain_password": settings.secret(),
        }
    if settings.is_tls:
        found["ssl_context"] = _tls(settings)
    return found


def _tls(settings: KafkaSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
        if settings.certificate_file:
            context.load_cert_chain(settings.certificate_file, settings.key_file)
    except (OSError, ValueError):
        message = "`ca_file`, `certificate_file` or `key_file` of [kafka] is not PEM, or key and certificate do not belong together"
        raise KafkaRefused(message) from None
    return context


def _consumer_settings(settings: KafkaSettings) -> dict[str, Any]:
    return {
        "group_id": settings.group,
        "partition_assignment_strategy": (CooperativeStickyAssignor,),
        "isolation_level": "read_committed",
        "enable_auto_commit": False,
        "auto_offset_reset": "none",
        "allow_auto_create_topics": False,
        "max_poll_interval_ms": _MAX_POLL_MS,
        "session_timeout_ms": _SESSION_MS,
        "heartbeat_interval_ms": _HEARTBEAT_MS,
        "metadata_max_age_ms": _METADATA_MS,
        "request_timeout_ms": _REQUEST_MS,
        "bootstrap_timeout_ms": _REQUEST_MS,
        "fetch_max_wait_ms": _FETCH_WAIT_MS,
        "fetch_max_bytes": _FETCH_BYTES,
        "max_partition_fetch_bytes": _PARTITION_BYTES,
        "metrics_enabled": False,
    }


@contextmanager
def translated() -> Iterator[None]:
    """Turn kafka-python's errors into ours; their text may hold addresses, and never values."""
    try:
        yield
    except kafka_errors.OffsetOutOfRangeError as error:
        raise OutOfRange(dict.fromkeys((Place(*partition) for partition in error.args[0]), None)) from None
    except kafka_errors.LogTruncationError as error:
        cuts = error.divergent_offsets.items()
        raise OutOfRange({Place(*partition): cut and cut.offset for partition, cut in cuts}) from None
    except kafka_errors.UnsupportedCodecError as error:
        raise KafkaRefused(_missing_library(str(error))) from None
    except kafka_errors.CorruptRecordError as error:
        raise _damaged(error) from None
    except kafka_errors.KafkaError as error:
        if message := _refusal(error) or _OVERHEARD.refusal():
            raise KafkaRefused(message) from None
        raise KafkaUnreachable(_unreachable(error)) from None


def _damaged(error: Exception) -> Exception:
    """Which partition cannot be read; the client says it in its message alone, and for damage of another kind not at all."""
    found = _DAMAGED.search(str(error))
    if found is None:
        return KafkaUnreachable(_unreachable(error))
    return RecordCorrupt(Place(found["topic"], int(found["partition"])), int(found["offset"]))


def _refusal(error: Exception) -> str:
    return next((message for kind, message in _REFUSED.items() if isinstance(error, kind)), "")


def _missing_library(message: str) -> str:
    codec = next((codec for codec in _LIBRARIES if codec in message), "")
    if not codec:
        return "a topic is compressed in a way that this client does not know"
    return f"a topic is compressed with {codec}, which needs the library {_LIBRARIES[codec]}: pip install '.[compression]' in the checkout"


def _unreachable(error: Exception) -> str:
    return (
        f"Kafka does not answer as it should ({type(error).__name__}); it is tried again until it does. See that the brokers run "
        f"and that `bootstrap_servers` in [kafka] names them{_OVERHEARD.hint()}"
    )


class _Overheard(logging.Handler):
    """Takes kafka-python's log lines, and keeps why it could not connect: it says that nowhere else."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._causes: deque[Exception] = deque(maxlen=_KEPT_CAUSES)
        self._is_login = False

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the errors in a line."""
        given = record.args if isinstance(record.args, tuple) else ()
        self._causes += [one for one in given if isinstance(one, Exception)]

    def listen(self, *, is_login: bool) -> None:
        """Begin anew, in place of all other handlers; ``is_login``: the brokers will ask who we are."""
        logger = logging.getLogger("kafka")
        logger.handlers, logger.propagate = [self], False
        logger.setLevel(logging.WARNING)
        self._causes.clear()
        self._is_login = is_login

    def log_in(self) -> None:
        """The brokers let us in: from here on one that hangs up has other reasons."""
        self._is_login = False

    def hint(self) -> str:
        """What else may be wrong: a broker that refuses a login hangs up, often before its answer is read."""
        is_hung_up = any("disconnected" in str(cause) for cause in self._causes)
        return ". A broker hung up: see `security_protocol`, `user` and its password, too" if is_hung_up else ""

    def refusal(self) -> str:
        """Why trying to connect again does not help; empty where it may."""
        for cause in self._causes:
            if isinstance(cause, tuple(_REFUSED)):
                return _refusal(cause)
            if "CERTIFICATE_VERIFY_FAILED" in str(cause):
                return _UNKNOWN_BROKER
        ends = [
            cause for cause in self._causes if not isinstance(cause, kafka_errors.KafkaTimeoutError)
        ]  # the sum of all
        is_each_hung_up = len(ends) >= _HANG_UPS and all("disconnected" in str(end) for end in ends)
        return _HUNG_UP if self._is_login and is_each_hung_up else ""


_OVERHEARD: Final = _Overheard()


def hush(*, is_login: bool = False) -> None:
    """Keep kafka-python from logging each attempt, in this process: whoever waits says it once.

    ``is_login``: brokers will ask who we are, so that one that hangs up each time refuses us.
    """
    _OVERHEARD.listen(is_login=is_login)
