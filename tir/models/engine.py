"""All trajectories of one model: one thread, one step after another, until nobody waits.

A step takes every session that has tokens to compute and is asked for more, oldest first:

    admit   a session without keys and values gets them: from another of the same prompt, so that
            k samples read their prompt once; else it reads from the start
    choose  one token of each that decodes, and together no more than `chunk` tokens of those that
            read, so that a long prompt does not hold up the others
    run     one forward (`RaggedForward`), or one for each (`LoneForward`)
    draw    the next token of each that has read all it has
    tell    text, stop strings, limits; whoever is done leaves, whoever left in the meantime is
            not told

A session that waits for its program has no request, so it is in no step, and keeps its cache.

Memory is a number of tokens. When it is short, prompts kept for later go first, then the caches of
the sessions that began last: what is lost per token of room is the same for all, but those that
began first are nearest to their end, when they give their room back for good; and since the oldest
is never turned out for a younger one, somebody always gets on. A session that has been parked
reads itself again from its ids, and `Usage.forwarded` says so.
"""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

from tir.errors import EnvironmentFailed, ModelBroken, TirError
from tir.models.base import Delta, Halt
from tir.models.draw import draw
from tir.models.forward import Cache, Forward, Work
from tir.models.requests import Outcome, Request, Teller
from tir.models.stops import Cut

if TYPE_CHECKING:
    from tir.models.local import LocalSession

MOST_ROWS = 256
"""Trajectories in one step. More only wait longer for each other."""
CPU_CHUNK, CHUNK = 256, 2048
"""Tokens of reading in one step on a CPU, and elsewhere (what vLLM takes by default)."""
HEADROOM = 64
"""Tokens of room beyond what it has to read, without which a session is not let in."""
KEPT_PROMPTS = 64
"""Prompts whose keys and values outlive their sessions, for the next sample of the same problem."""
PATIENCE = 10.0
"""Seconds that the end of the process waits for the last step."""

Chosen = tuple[Request, list[int], bool]
"""A request, the tokens to compute for it in this step, and whether its next is drawn then."""


class Engine:
    """Computes the sessions of one model. Everything public may be called from any thread."""

    def __init__(
        self,
        forward: "Forward[Any]",
        *,
        tokens: int,
        chunk: int = CPU_CHUNK,
        begin: Callable[[], None] = lambda: None,
    ) -> None:
        """`tokens`: room for keys and values. `begin` runs first in the model's thread."""
        self._forward = forward
        self._tokens = tokens
        self._chunk = chunk
        self._requests: list[Request] = []
        self._sessions: weakref.WeakSet[LocalSession] = weakref.WeakSet()
        self._prompts: OrderedDict[tuple[int, ...], Cache] = OrderedDict()
        self._teller = Teller()
        self._wide: list[Cache] = []
        """Prompts kept in a buffer that was a whole trajectory's."""
        self._clock = _Clock()
        self._lock = self._clock.changed
        self._thread: threading.Thread | None = None
        self._begin = begin
        self._finalizer: weakref.finalize[Any, Engine] | None = None

    def join(self, session: "LocalSession") -> None:
        """Makes a session's cache count."""
        with self._lock:
            self._sessions.add(session)

    def submit(self, request: Request) -> None:
        """Asks for a generation. It begins with the next step."""
        with self._lock:
            if self._clock.over:
                raise _ended()
            self._requests.append(request)
            self._requests.sort(key=lambda each: each.session.number)
            self._clock.busy = True
            if self._thread is None:
                self._start()
            self._lock.notify_all()

    def leave(self, request: Request) -> None:
        """Takes a generation out; what a running step finds for it is dropped."""
        with self._lock:
            if request in self._requests:
                self._requests.remove(request)
                self._clock.busy = bool(self._requests)

    def close(self, session: "LocalSession") -> None:
        """Takes a session's room back, but for its prompt, if no other prompt is the same."""
        with self._lock:
            # A step may be writing into the old cache just now: it is left to it.
            cache, session.cache = session.cache, self.empty()
            prompt = session.prompt
            if cache.length >= len(prompt) > 1 and prompt not in self._prompts:
                kept = cache.fork(len(prompt))
                if kept.length:
                    self._prompts[prompt] = kept
                    self._wide.append(kept)
                if len(self._prompts) > KEPT_PROMPTS:
                    self._forget_prompt()
            self._sessions.discard(session)

    def fork(self, session: "LocalSession") -> Cache:
        """A cache with a session's past; it copies no more than it must, when it must."""
        with self._lock:
            return session.cache.fork(session.cache.length)

    def empty(self) -> Cache:
        """A cache of nothing."""
        cache: Cache = self._forward.cache()
        return cache

    def stop(self) -> None:
        """Ends the thread after its step. Whoever still waits is told."""
        if self._finalizer is not None:
            self._finalizer()
        with self._lock:
            gone, self._requests = self._requests, []
        self._teller.flush([(request, _ended()) for request in gone])

    @property
    def used(self) -> int:
        """Tokens that there is room taken for."""
        owners = [session.cache for session in self._sessions] + list(self._prompts.values())
        buffers: dict[int, int] = {}
        for cache in owners:
            buffers |= cache.buffers
        return sum(buffers.values())

    def _start(self) -> None:
        # The thread must not keep the engine alive, or a model that nobody has any more would
        # never be freed: it holds the clock, and the engine only while there is work.
        ref = weakref.ref(self)
        self._thread = threading.Thread(
            target=_live, args=(ref, self._clock, self._begin), name="tir-model", daemon=True
        )
        self._finalizer = weakref.finalize(self, _end, self._clock, self._thread)
        self._thread.start()

    def work(self) -> None:
        """One step; called by the thread. Whatever goes wrong, those who wait hear of it."""
        batch: list[Chosen] = []
        try:
            with self._lock:
                batch = self._choose() or self._choose(force=True)
                work = [Work(r.session.cache, ids, wanted) for r, ids, wanted in batch]
            if work:
                self._step(batch, work)
        except Exception as error:  # noqa: BLE001 - told to everybody who is concerned
            self._fail([request for request, _, _ in batch] or self._requests, error)

    def _step(self, batch: "list[Chosen]", work: list[Work[Any]]) -> None:
        while self._wide:
            self._wide.pop().shrink()
        logits = self._forward(work)
        drawing = [request for request, _, wanted in batch if wanted]
        tokens = draw(
            logits,
            [request.sampling for request in drawing],
            [request.session.random for request in drawing],
        )
        news: list[tuple[Request, Outcome]] = []
        with self._lock:
            for request, ids, _ in batch:
                request.session.forwarded += len(ids)
            live = set(map(id, self._requests))
            for request, token in zip(drawing, tokens, strict=True):
                if id(request) not in live:
                    continue
                if token is None:
                    request.session.cache.release()
                    news.append((request, _no_number()))
                else:
                    news += [(request, delta) for delta in self._take(request, token)]
            self._drop([r for r, told in news if not isinstance(told, Delta) or told.halt])
        self._drop(self._teller.tell(news))

    def _choose(self, *, force: bool = False) -> "list[Chosen]":
        """Who takes part in this step. `force`: the oldest gets its room whatever it costs."""
        batch: list[Chosen] = []
        room, used, full = self._chunk, self.used, False
        for request in self._requests[:1] if force else self._requests:
            session = request.session
            if len(batch) >= MOST_ROWS:
                break
            if session.cache.length == 0:
                if full or self._read_by_another(session):
                    continue
                self._borrow(session)
            if session.cache.length >= len(session.tokens):
                # All is computed but the logits are gone, as after EOS: the last goes again.
                session.cache.crop(len(session.tokens) - 1)
            left = len(session.tokens) - session.cache.length
            count = left if left == 1 else min(left, room)
            if count == 0:
                continue
            upto = session.cache.length + count
            goal = upto if session.cache.length else len(session.tokens) + HEADROOM
            growth = session.cache.growth(goal)
            if used + growth > self._tokens:
                # A session that is let in must not turn out others.
                others = force or session.cache.length > 0
                chosen = {id(r.session) for r, _, _ in batch} | {id(session)}
                used = self._make_room(session, growth, chosen, others=others)
                if used + growth > self._tokens and not force:
                    full = True
                    continue
            used += session.cache.growth(upto)
            session.cache.reserve(upto)
            if left > 1:
                room -= count
            start = session.cache.length
            batch.append((request, session.tokens[start:upto], count == left))
        return batch

    def _read_by_another(self, session: "LocalSession") -> bool:
        """Whether an older session is just reading the same prompt, so that waiting pays."""
        for request in self._requests:
            other = request.session
            if other is session:
                return False
            if other.prompt == session.prompt and other.cache.length < len(other.prompt) - 1:
                return True
        return False

    def _borrow(self, session: "LocalSession") -> None:
        """Takes the prompt's keys and values from another session or from those kept."""
        wanted = len(session.prompt) - 1
        if wanted < 1:
            return
        donors = [
            s.cache for s in self._sessions if s.prompt == session.prompt and s is not session
        ]
        if session.prompt in self._prompts:
            self._prompts.move_to_end(session.prompt)
            donors.append(self._prompts[session.prompt])
        for donor in donors:
            if donor.length >= wanted:
                shared = donor.fork(wanted)
                if shared.length:
                    session.cache = shared
                    session.borrowed += shared.length
                    return

    def _make_room(
        self, session: "LocalSession", growth: int, chosen: set[int], *, others: bool
    ) -> int:
        """Frees room for `growth` tokens as far as that can be done; returns what is used then."""
        while self._prompts and self.used + growth > self._tokens:
            self._forget_prompt()
        if others:
            active = {id(request.session) for request in self._requests}
            by_age = sorted(self._sessions, key=lambda other: -other.number)
            younger = [other for other in by_age if other.number > session.number]
            waiting = [other for other in by_age if id(other) not in active]
            for victim in dict.fromkeys([*younger, *waiting]):
                if self.used + growth <= self._tokens:
                    break
                if id(victim) not in chosen:
                    victim.cache.release()
        return self.used

    def _forget_prompt(self) -> None:
        _, cache = self._prompts.popitem(last=False)
        cache.release()

    def _take(self, request: Request, token: int) -> list[Delta]:
        """Adds a token to its session; the text that comes of it, and the end if it is one."""
        session = request.session
        if token in request.eos:
            return [Delta("", Halt.EOS)]
        session.tokens.append(token)
        session.generated += 1
        request.generated += 1
        piece = request.watch.feed(token)
        if isinstance(piece, Cut):
            session.crop(piece)
            return [Delta(piece.text, Halt.STOP)]
        told = [Delta(piece)] if piece else []
        if request.generated >= request.sampling.max_tokens:
            told.append(Delta("", Halt.LENGTH))
        elif len(session.tokens) >= request.context:
            told.append(Delta("", Halt.CONTEXT))
        return told

    def _fail(self, requests: list[Request], error: Exception) -> None:
        if isinstance(error, TirError):
            told: TirError = error
        elif isinstance(error, (MemoryError, torch.OutOfMemoryError)):
            told = EnvironmentFailed(
                "the model ran out of memory in the middle of its work.",
                why=str(error).split("\n")[0][:300] or "No more could be had.",
                hint="tir solve -n 1, a smaller model, or other programs closed",
            )
        else:
            told = ModelBroken(
                "the model failed in the middle of its work.",
                why=f"{type(error).__name__}: {str(error).strip().split(chr(10))[0][:300]}",
                hint="tir models list     (or another model: tir solve -m NAME)",
            )
        if told is not error:
            told.__cause__ = error
        with self._lock:
            for request in requests:
                # Half a step may have reached the caches: none of it can be trusted.
                request.session.cache.release()
        news: list[tuple[Request, Outcome]] = [(request, told) for request in requests]
        self._drop(requests)
        self._teller.flush(news)

    def _drop(self, requests: list[Request]) -> None:
        with self._lock:
            gone = set(map(id, requests))
            self._requests = [request for request in self._requests if id(request) not in gone]
            self._clock.busy = bool(self._requests)


class _Clock:
    """What the thread waits for. It outlives the engine."""

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.busy = False
        self.over = False


def _live(ref: "weakref.ref[Engine]", clock: _Clock, begin: Callable[[], None]) -> None:
    begin()
    while True:
        with clock.changed:
            clock.changed.wait_for(lambda: clock.busy or clock.over)
            if clock.over:
                return
        engine = ref()
        if engine is None:
            return
        engine.work()
        del engine


def _end(clock: _Clock, thread: threading.Thread) -> None:
    with clock.changed:
        clock.over = True
        clock.changed.notify_all()
    # A thread that returns from torch into an interpreter that is gone takes the process with it.
    if thread is not threading.current_thread():
        thread.join(PATIENCE)


def _no_number() -> ModelBroken:
    return ModelBroken(
        "the model's numbers overflow: its next token is not a number.",
        why="Its weights are damaged, or need a wider range than the precision they are kept in.",
        hint="--dtype bfloat16 or --dtype float32; else copy the model again",
    )


def _ended() -> ModelBroken:
    return ModelBroken(
        "the model was closed.", why="A trajectory still waited for it.", hint="tir models list"
    )
