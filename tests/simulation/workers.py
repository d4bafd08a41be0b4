"""Workers that read partitions, lose them, die and come back: whatever a consumer group may do to them."""

from random import Random

from sqlalchemy.exc import DBAPIError

import server
from cdc import FencedOut, Pipeline, Position, RawEvent
from tests.installation import Installation
from tests.simulation.accidents import Accidents, Died, DiskFull, is_read_only

Log = list[list[RawEvent]]


class Worker:
    """One ingesting process: what it remembers is gone when it dies."""

    def __init__(self, one: Installation) -> None:
        """It begins with nothing."""
        self._one = one
        self.held: dict[int, Position] = {}

    @property
    def _pipeline(self) -> Pipeline:
        return self._one.parts.pipeline

    def claim(self, place: int) -> None:
        """Become the reader of a partition; whoever was before does not know it yet."""
        self.held[place] = self._pipeline.claim(f"partition {place}")

    def read(self, place: int, log: Log, most: int, batch: int) -> bool:
        """Take in what comes next in a partition that it believes to hold; whether it still holds it."""
        held = self.held[place]
        events = log[place][held.next_offset : held.next_offset + most]
        try:
            _, self.held[place] = self._pipeline.ingest(held, events, batch_events=batch)
        except FencedOut:
            del self.held[place]
            return False
        return True

    def rewind(self, place: int) -> None:
        """Deliver a partition again from its start."""
        try:
            self.held[place] = self._pipeline.restart(self.held[place])
        except FencedOut:
            del self.held[place]


class Group:
    """A few workers on a few partitions, and a scheduler that is not kind."""

    def __init__(self, one: Installation, log: Log, chance: Random, accidents: Accidents) -> None:
        """``chance`` decides who does what next."""
        self._one, self._log, self._chance, self._accidents = one, log, chance, accidents
        self._workers = [Worker(one) for _ in range(chance.randint(1, 3))]
        self.fenced = 0

    def run(self, steps: int) -> None:
        """So many steps; then everything is read to its end with no accident."""
        for _ in range(steps):
            self._survive(self._chance.choice(self._workers))
        self._accidents.call_off()
        last = Worker(self._one)
        for place, events in enumerate(self._log):
            last.claim(place)
            last.read(place, self._log, len(events), 7)

    def _survive(self, worker: Worker) -> None:
        try:
            self._step(worker)
        except Died:
            worker.held.clear()
            self._start_again()
        except (DiskFull, DBAPIError) as refused:
            if isinstance(refused, DBAPIError) and not is_read_only(refused):
                raise
            worker.held.clear()  # as a worker does that goes on by itself: what it knew may be old

    def _step(self, worker: Worker) -> None:
        chance = self._chance
        place = chance.randrange(len(self._log))
        if chance.random() < 0.2:
            self._accidents.choose(chance)
        if chance.random() < 0.1:
            self._accidents.set_clock(chance)
        if chance.random() < 0.03:
            self._storm()
        elif place not in worker.held or chance.random() < 0.1:
            worker.claim(place)
        elif chance.random() < 0.05:
            worker.rewind(place)
        else:
            self.fenced += not worker.read(place, self._log, chance.randint(1, 15), chance.randint(1, 5))

    def _storm(self) -> None:
        """The group gives each partition to one worker after the other, and each believes that it has them all."""
        for worker in self._workers:
            for place in range(len(self._log)):
                worker.claim(place)
        self._accidents.happened.append("rebalance storm")

    def _start_again(self) -> None:
        """A new process: nothing is left in memory, and what the old one left undone is finished before anything is served."""
        self._accidents.call_off()
        self._one.parts.close()
        self._one.parts = server.open_parts(self._one.parts.settings)
