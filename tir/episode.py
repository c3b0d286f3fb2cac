"""The loop: one trajectory of one model with one kernel, from the question to a `Stop`."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace

from executors import Execution, Executor, ExecutorError, Session
from executors.execution import OBSERVATION_LIMIT
from problems import Answer, Problem, extract
from tir.dialects import Sampling
from tir.dialects.parser import Kind, Piece
from tir.errors import from_executor
from tir.events import Event, Executing, ProgramDelta, RationaleDelta, StepDone
from tir.models.base import Halt, Model
from tir.policy import Policy
from tir.trajectory import Step, Stop, Trajectory

LAST_WORDS = 96
"""Tokens kept back for the last generation, in which a model at its limit names its answer."""
NO_PROGRAM = "[nothing ran: there was no complete program before this output]"
NO_MORE = "[nothing ran: no more programs may be run]"
LEAST_OBSERVATION = 64
"""Characters to which an output is cut at most when the context is nearly full."""


class Episode:
    """A trajectory in the making. `work` until it stops; `reject` its answer to go on."""

    def __init__(
        self,
        problem: Problem,
        *,
        model: Model,
        executor: Executor,
        policy: Policy,
        sampling: Sampling,
        index: int,
        seed: int,
    ) -> None:
        self.index = index
        self._model = model
        self._dialect = model.dialect
        self._executor = executor
        self._policy = policy
        self._sampling = sampling
        self._seed = seed
        self._session = model.open(model.dialect.prompt(problem), seed=seed)
        self._kernel: Session | None = None
        self._steps: list[Step] = []
        self._parser = model.dialect.parser()
        self._halt: Halt | None = None
        self._answer: Answer | None = None
        self._stop: Stop | None = None
        self._rejected: tuple[str, ...] = ()
        self._since = 0
        self._rounds = 0
        self._allowed = policy.max_tokens
        """Generated tokens, in all, at which this turn of the model ends."""
        self._before = 0
        self._born = self._step_began = time.monotonic()

    async def work(self) -> AsyncIterator[Event]:
        """Generate, execute, append, until there is an answer or a limit.

        Raises:
            KernelFailed: no kernel could be started, or a dead one not replaced.
        """
        self._stop = None
        while self._stop is None:
            async for event in self._generate():
                yield event
            if self._halt is Halt.BUDGET:
                self._stop = Stop.BUDGET
            elif self._halt in (Halt.LENGTH, Halt.CONTEXT):
                self._stop = Stop.MAX_TOKENS
            elif not self._wants_output():
                self._conclude()
            elif self._rounds >= self._policy.max_steps:
                self._stop = Stop.MAX_STEPS
            else:
                async for event in self._execute():
                    yield event
                continue
            yield StepDone(self.index, self._finish_step())
            if self._stop is Stop.MAX_STEPS:
                self._observe(self._dialect.observation(NO_MORE))
            if self._stop in (Stop.MAX_TOKENS, Stop.MAX_STEPS):
                async for event in self._last_words():
                    yield event

    def take_up(self, steps: Sequence[Step], kernel: Session) -> None:
        """Goes on behind the steps of another trajectory, whose programs have run in `kernel`.

        Before `work`. The model reads them as if it had written them; they cost it no generation.
        """
        for step in steps:
            self._session.append(self._dialect.defang(step.rationale))
            if step.program is not None and step.execution is not None:
                self._session.append(f"\n{self._dialect.program(step.program)}")
                # A model that writes on to its stop string reads the output right behind it.
                self._session.append(self._dialect.resume(Halt.EOS))
                self._session.append(self._observation(step.execution, None))
                self._rounds += 1
        self._steps += steps
        self._kernel = kernel

    def reject(self, answer: str) -> None:
        """Tells the model that a check rejected its answer; `work` then goes on from there."""
        self._session.append(self._dialect.rejection(answer))
        self._rejected += (answer,)
        self._since = len(self._steps)
        self._answer = None

    def follow_up(self, question: str) -> None:
        """Asks on, with a fresh allowance; `work` then answers from the same kernel and cache."""
        if self._stop is None and (self._parser.rationale or self._parser.unfinished):
            # It was interrupted in mid-sentence: that stays in the transcript, and in the steps.
            self._finish_step()
        self._session.append(self._dialect.follow_up(question))
        self._since = len(self._steps)
        self._answer = None
        self._stop = None
        self._rounds = 0
        self._allowed = self._session.usage.generated + self._policy.max_tokens
        self._parser = self._dialect.parser()

    def adopt(self, printed: str) -> None:
        """Puts a value that one of its programs printed in the place of the boxed answer."""
        self._answer = Answer(printed, "printed")

    @property
    def length(self) -> int:
        """Tokens of the transcript so far."""
        return self._session.length

    @property
    def can_be_rejected(self) -> bool:
        """Whether the model ended its turn by itself and has rejections left."""
        return self._stop is Stop.ANSWERED and len(self._rejected) < self._policy.rejections

    def trajectory(self, otherwise: Stop = Stop.INTERRUPTED) -> Trajectory:
        """The trajectory so far; `otherwise` is its stop if it has not come to one."""
        steps = list(self._steps)
        begun = self._parser.program or self._parser.unfinished
        if self._stop is None and (self._parser.rationale or begun):
            steps.append(self._step(begun))
        return Trajectory(
            steps=tuple(steps),
            answer=self._answer,
            stop=self._stop or otherwise,
            seed=self._seed,
            usage=self._session.usage,
            seconds=time.monotonic() - self._born,
            rejected=self._rejected,
        )

    async def close(self) -> None:
        """Ends the kernel and frees the cache."""
        self._session.close()
        if self._kernel is not None:
            await self._kernel.close()

    async def _generate(self) -> AsyncIterator[Event]:
        """One generation, told apart into rationale and program as it comes."""
        self._parser = self._dialect.parser()
        self._step_began, self._before = time.monotonic(), self._session.usage.generated
        async for event in self._listen():
            yield event
        while self._halt is Halt.STOP and self._parser.thinking:
            # A stop string within a thought is only mentioned there.
            async for event in self._listen():
                yield event
        for piece in self._parser.end():
            yield self._delta(piece)

    async def _listen(self) -> AsyncIterator[Event]:
        """What the model says until it stops."""
        self._halt = None
        spare = min(
            self._allowed - self._session.usage.generated,
            self._model.context - self._session.length - LAST_WORDS,
        )
        if spare <= 0:
            self._halt = Halt.CONTEXT
            return
        sampling = replace(self._sampling, max_tokens=min(self._sampling.max_tokens, spare))
        async with aclosing(self._session.generate(sampling, self._dialect.stops)) as deltas:
            async for delta in deltas:
                for piece in self._parser.feed(delta.text):
                    yield self._delta(piece)
                self._halt = delta.halt

    async def _execute(self) -> AsyncIterator[Event]:
        """Runs the program of this generation and appends what the model reads of it."""
        program, complaint = self._parser.program, self._parser.complaint
        self._rounds += 1
        if program is None:
            yield StepDone(self.index, self._finish_step())
            self._observe(self._dialect.observation(complaint or NO_PROGRAM))
            return
        yield Executing(self.index, program)
        try:
            self._kernel = self._kernel or await self._executor.session()
            execution = await self._kernel.execute(program, timeout=self._policy.program_seconds)
        except ExecutorError as error:
            self._stop = Stop.EXECUTOR_FAILED
            raise from_executor(error) from error
        step = replace(self._step(program), execution=execution)
        self._observe(self._observation(execution, complaint))
        self._steps.append(step)
        yield StepDone(self.index, step)

    async def _last_words(self) -> AsyncIterator[Event]:
        """One last generation, which begins inside the box."""
        last = self._dialect.last_words(self._parser)
        self._session.append(last.text)
        yield RationaleDelta(self.index, last.said)
        self._step_began, before = time.monotonic(), self._session.usage.generated
        text = ""
        sampling = replace(self._sampling, max_tokens=LAST_WORDS)
        async with aclosing(self._session.generate(sampling, last.stops)) as deltas:
            async for delta in deltas:
                text += delta.text
                yield RationaleDelta(self.index, delta.text)
        self._answer = extract(last.said + text) or self._boxed()
        step = Step(
            rationale=last.said + text,
            program=None,
            execution=None,
            tokens=self._session.usage.generated - before,
            seconds=time.monotonic() - self._step_began,
        )
        self._steps.append(step)
        yield StepDone(self.index, step)

    def _wants_output(self) -> bool:
        """Whether the model waits for an output: it said so, or stopped right after a program."""
        if self._halt is Halt.STOP or self._parser.complaint is not None:
            return True
        found = extract(self._parser.after)
        return self._parser.program is not None and (found is None or found.how != "boxed")

    def _conclude(self) -> None:
        self._answer = extract(self._parser.rationale) or self._boxed()
        self._stop = Stop.ANSWERED if self._answer else Stop.NO_ANSWER

    def _boxed(self) -> Answer | None:
        """The last answer boxed before, since the last rejection: said once, it still stands."""
        texts = [step.rationale for step in self._steps[self._since :]]
        found = (extract(text) for text in reversed([*texts, self._parser.rationale]))
        return next((answer for answer in found if answer and answer.how == "boxed"), None)

    def _observe(self, observation: str) -> None:
        """Appends an observation, and before it what the model left out if it ended its turn."""
        if self._halt is not None and (left_out := self._dialect.resume(self._halt)):
            self._session.append(left_out)
        self._session.append(observation)
        self._parser = self._dialect.parser()

    def _observation(self, execution: Execution, complaint: str | None) -> str:
        """What the model reads of a run, cut until the last generation still has room behind."""
        behind = f"\n{complaint}" if complaint else ""
        room = self._model.context - self._session.length - 2 * LAST_WORDS
        limit = OBSERVATION_LIMIT
        text = self._dialect.observation(execution.observation(limit) + behind)
        while self._model.count(text) > room and limit > LEAST_OBSERVATION:
            limit //= 2
            text = self._dialect.observation(execution.observation(limit) + behind)
        return text

    def _delta(self, piece: Piece) -> RationaleDelta | ProgramDelta:
        if piece.kind is Kind.PROGRAM:
            return ProgramDelta(self.index, piece.text)
        return RationaleDelta(self.index, piece.text)

    def _step(self, program: str | None) -> Step:
        return Step(
            rationale=self._parser.rationale.strip(),
            program=program,
            execution=None,
            tokens=self._session.usage.generated - self._before,
            seconds=time.monotonic() - self._step_began,
        )

    def _finish_step(self) -> Step:
        step = self._step(self._parser.program or self._parser.unfinished)
        self._steps.append(step)
        return step
