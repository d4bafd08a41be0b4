"""``onefold demo``: two simulated businesses, Onefold following both, and the API, on this machine alone."""

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Final

import sqlalchemy as sa
import typer

from cdc import Report, SqliteCapture, TooManyMerges
from cli import demo_session
from cli.demo_folder import DemoFolder, demo_folder
from cli.demo_session import DemoToken
from cli.demo_telling import Trickle, tell, tell_access
from cli.demo_world import SHOWCASE_OTHER_PHONE, SHOWCASE_PHONE, World
from cli.follow import Follower
from cli.http_server import HttpServer, listen
from cli.interrupts import Interrupt, interruptible
from cli.options import examples, wiring
from cli.parts import Parts, Wiring
from cli.workers import Workers, workers
from profiles import profile
from storage import Database

_HOST: Final = "127.0.0.1"
_SEED: Final = 20_260_301
_POLL_SECONDS: Final = 0.05


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "demo",
        epilog=examples("onefold demo", "onefold demo --port 8080 --rate 5", "onefold demo --fresh   # start over"),
    )(demo)


def demo(
    context: typer.Context,
    *,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Where the API listens, on this machine only.")] = 8000,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over: forget what an earlier demo made.")] = False,
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its files.", file_okay=False)] = Path("demo-data"),
    rate: Annotated[float, typer.Option(min=0.01, max=1_000, help="How much happens in a second, on average.")] = 1.0,
) -> None:
    """See Onefold run: an online shop and a store POS whose people do not exist, joined into profiles as they change.

    The two databases lie in FOLDER/sources, Onefold's own files in FOLDER/onefold. Ctrl-C ends everything; a second start
    goes on from there.
    """
    with interruptible() as interrupt:
        listening = listen(_HOST, port, mend=f"make demo PORT={port + 1} (or onefold demo --port {port + 1})")
        with closing(listening), demo_folder(folder, fresh=fresh) as place:
            tell(f"Onefold demo in {place.path}/")
            with _world(place) as world, _installation(wiring(context), place) as parts, workers() as crew:
                tokens = demo_session.demo_tokens(parts)
                app = wiring(context).asgi(parts, session=lambda: demo_session.session(tokens))
                with _serving(HttpServer(app, listening)) as server:
                    _introduce(f"http://{_HOST}:{port}", tokens, place)
                    _start(crew, world, parts, rate=rate)
                    _wait(interrupt, crew, server)
                    crew.end()
    tell("The demo has ended; a second start goes on from here.")


@contextmanager
def _world(place: DemoFolder) -> Iterator[World]:
    is_new = not place.sources.exists()
    tell("Making a shop and a POS with half a year of business …" if is_new else "Opening the shop and the POS …")
    with closing(World(place.sources, _SEED)) as world:
        world.create()
        yield world


@contextmanager
def _installation(made: Wiring, place: DemoFolder) -> Iterator[Parts]:
    place.write_settings()
    settings = made.load(place.settings)
    made.create(settings, made.environ)
    with closing(made.open(settings)) as parts:
        yield parts


@contextmanager
def _serving(server: HttpServer) -> Iterator[HttpServer]:
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _start(crew: Workers, world: World, parts: Parts, *, rate: float) -> None:
    captures = [SqliteCapture(world.shop_path, "shop"), SqliteCapture(world.pos_path, "pos")]
    follower = Follower(parts.pipeline, captures, _Progress(parts.database).tell, tell_pause=_tell_pause)
    crew.start("follow", follower.run)
    crew.start("business", lambda stop: world.run(stop, rate, tell=Trickle().tell))


def _wait(interrupt: Interrupt, crew: Workers, server: HttpServer) -> None:
    while not (interrupt.received or crew.stop.is_set()) and server.is_running:
        time.sleep(_POLL_SECONDS)


class _Progress:
    """Says how far the history is read, then keeps silent: the profiles show what happens."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read = 0
        self._is_caught_up = False

    def tell(self, report: Report | None) -> None:
        """Hear of a batch, or that all is read."""
        if report and report.parked:
            tell(f"  {report.parked} event(s) could not be applied; see `onefold parked list`")
        if self._is_caught_up:
            return
        self._read += report.events if report else 0
        self._is_caught_up = report is None
        tell(f"  {self._read} changes read" + (f": {self._profiles()}" if self._is_caught_up else " …"))

    def _profiles(self) -> str:
        several = sa.func.count(sa.case((profile.c.records > 1, 1)))
        with self._database.read() as connection:
            found, joined = connection.execute(sa.select(sa.func.count(), several).select_from(profile)).one()
        return f"{found} profiles, {joined} of them joined from several records"


def _introduce(address: str, tokens: list[DemoToken], place: DemoFolder) -> None:
    tell_access(address, tokens)
    tell("\nCorrect that person's phone at the till: the receipts move to whom it belongs to, and back again:")
    for phone in (SHOWCASE_OTHER_PHONE, SHOWCASE_PHONE):
        tell(f"  {_correction(place, phone)}")
    tell("\nWhat happens now (Ctrl-C ends everything):")


def _correction(place: DemoFolder, phone: str) -> str:
    """Write a command that changes the POS's own database; Python is there for certain, the sqlite3 command may not be."""
    statement = f"UPDATE members SET mobile = '{phone}' WHERE member_no = 'M000001'"  # noqa: S608 - two constants
    path = json.dumps(str(place.sources / "pos.db"))
    code = f"import sqlite3; db = sqlite3.connect({path}); db.execute({json.dumps(statement)}); db.commit()"
    return f"python3 -c {_quoted(code)}"


def _quoted(code: str) -> str:
    return "'" + code.replace("'", "'\\''") + "'"


def _tell_pause(pause: TooManyMerges) -> None:
    """Show why one of the two is not read on; the API, the other one and the trickle go on."""
    for number, line in enumerate(str(pause).splitlines()):
        tell(f"  {'' if number else 'PAUSED: '}{line}")
