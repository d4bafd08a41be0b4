"""Bring the estate up with two businesses at work in it, and Onefold beside them; Ctrl-C takes everything down."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import server
from cli import demo_session
from cli.demo_telling import Trickle, tell, tell_access
from cli.demo_world import SHOWCASE_OTHER_PHONE, SHOWCASE_PHONE
from cli.http_server import HttpServer, listen
from cli.interrupts import Interrupt, interruptible
from cli.parts import Parts
from cli.workers import Workers, workers
from tests.estate.estate import Estate, running_estate
from tests.estate.lab.businesses import Businesses
from tests.estate.lab.databases import POS, SHOP, pos_database, shop_database
from tests.estate.lab.onefold import Worker, capture, installation, profiles, write_settings
from tests.services.process import passing_folder

HOST = "127.0.0.1"
POLL_SECONDS = 0.1


class EndedEarlyError(Exception):
    """Somebody asked for the end while things were still being started."""


def main() -> None:
    """Read the options; run until the end is asked for."""
    with interruptible() as interrupt, suppress(EndedEarlyError):
        options = _options()
        run(options.port, options.rate, interrupt)
    tell("The estate has ended; nothing of it is left.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make estate", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="where the API listens, on this machine only")
    parser.add_argument("--rate", type=float, default=1.0, help="how much happens in a second, on average")
    return parser.parse_args()


def run(port: int, rate: float, interrupt: Interrupt) -> None:
    """Start everything, say where it is, and wait for the end."""
    listening = listen(HOST, port, mend=f"make estate PORT={port + 1}")
    with closing(listening), passing_folder("onefold-lab-") as folder, running_estate() as estate:
        tell("Starting Kafka, Kafka Connect, PostgreSQL, MariaDB and Redis …")
        wanted: tuple[Callable[[], object], ...] = (
            lambda: estate.kafka,
            lambda: estate.connect,
            lambda: estate.postgres,
            lambda: estate.mariadb,
            lambda: estate.redis,
        )
        for service in wanted:
            service()
            go_on(interrupt)
        with shop_database(estate.postgres) as shop, pos_database(estate.mariadb) as pos:
            tell("Making a shop and a POS with half a year of business …")
            businesses = Businesses(shop, pos)
            businesses.fill()
            go_on(interrupt)
            file = write_settings(folder, estate)
            wiring = server.wiring({})
            with installation(wiring, file, estate) as parts, workers() as crew:
                tell("Capturing both with Debezium …")
                capture(parts.settings, {SHOP: shop, POS: pos})
                go_on(interrupt)
                tokens = demo_session.demo_tokens(parts)
                app = wiring.asgi(parts, session=lambda: demo_session.session(tokens))
                with serving(HttpServer(app, listening)) as http, working(Worker(folder, file)) as worker:
                    await_history(parts, businesses, worker, interrupt)
                    introduce(estate, parts, worker, folder)
                    tell_access(f"http://{HOST}:{port}", tokens)
                    tell("\nWhat happens now (Ctrl-C ends everything):")
                    crew.start("business", lambda stop: businesses.run(stop, rate, tell=Trickle().tell))
                    wait(interrupt, crew, http, worker)
                    crew.end()


def go_on(interrupt: Interrupt) -> None:
    """Raise `EndedEarlyError` where the end was asked for."""
    if interrupt.received:
        raise EndedEarlyError


@contextmanager
def serving(http: HttpServer) -> Iterator[HttpServer]:
    """Answer requests meanwhile."""
    try:
        http.start()
        yield http
    finally:
        http.stop()


@contextmanager
def working(worker: Worker) -> Iterator[Worker]:
    """Read from Kafka meanwhile; at the end the batch under way is committed."""
    try:
        worker.start()
        yield worker
    finally:
        worker.stop()


def await_history(parts: Parts, businesses: Businesses, worker: Worker, interrupt: Interrupt) -> None:
    """Wait until each person of both databases is in a profile."""
    persons = businesses.persons()

    def is_read() -> bool:
        go_on(interrupt)
        return profiles(parts)[2] == persons

    worker.wait_until(is_read, "done with the history", seconds=300)
    found, joined, _ = profiles(parts)
    tell(f"  {persons} persons read: {found} profiles, {joined} of them joined from several records")


def wait(interrupt: Interrupt, crew: Workers, http: HttpServer, worker: Worker) -> None:
    """Wait until the end is asked for, or something ended by itself."""
    while not (interrupt.received or crew.stop.is_set()) and http.is_running and worker.is_running:
        time.sleep(POLL_SECONDS)
    if not worker.is_running:
        tell(f"The worker has ended by itself:\n{worker.log_tail()}")


def introduce(estate: Estate, parts: Parts, worker: Worker, folder: Path) -> None:
    """Say where everything is."""
    settings = parts.settings
    pos_file = folder / "pos.cnf"
    pos_file.touch(mode=0o600)
    pos_file.write_text(
        f"[client]\nhost=127.0.0.1\nport={estate.mariadb.port}\nuser={estate.mariadb.user}\npassword={estate.mariadb.password}\n"
    )
    shop = estate.postgres.server
    mariadb = f"mariadb --defaults-extra-file={pos_file} {POS}"
    tell(f"\nKafka:      {estate.kafka.bootstrap}   (topics shop.*, pos.* and, of profiles, {settings.publish.topic})")
    tell(f"Connect:    {estate.connect.url}/connectors?expand=status")
    tell(f"PostgreSQL: psql -h {shop.socket_folder} -p {shop.port} -U {estate.postgres.user} {SHOP}   (or onefold)")
    tell(f"MariaDB:    {mariadb}")
    tell(f"Redis:      redis-cli -u {estate.redis.url}")
    tell(f"Onefold:    {sys.executable} {server.__file__} status --config {settings.file}")
    tell("Logs:")
    for log in (*(service.log for service in estate.services), shop.socket_folder / "log", worker.log):
        tell(f"  {log}")
    tell("\nCorrect a person's phone at the till: the receipts move to whom it belongs to, and back again:")
    for phone in (SHOWCASE_OTHER_PHONE, SHOWCASE_PHONE):
        tell(f"""  {mariadb} -e "UPDATE members SET mobile = '{phone}' WHERE member_no = 'M000001'\"""")
