"""Evaluations: what is kept, what is gone on with, what a failure costs."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from runs_doubles import FENCE, POLICY, adder, computes, essence, executor, sums

import tir
from executors import Execution, ScriptedExecutor, Status
from executors.errors import ExecutorUnavailable
from problems import Problem
from tir.errors import BadInput, EnvironmentFailed, KernelFailed
from tir.models.options import LoadOptions
from tir.models.scripted import ScriptedModel
from tir.policy import Policy
from tir.runs.engine import Engine
from tir.runs.evaluation import Resume
from tir.runs.progress import Progress
from tir.runs.result import Outcome
from tir.runs.run import Run


def run(
    problems: object,
    out: Path,
    model: ScriptedModel | None = None,
    policy: Policy = POLICY,
    **more: object,
) -> Run:
    more.setdefault("executor", executor())
    return tir.evaluate(problems, model=model or adder(), policy=policy, out=out, **more)  # type: ignore[arg-type]


def outcomes(run: Run) -> list[Outcome]:
    return [result.outcome for result in run.results()]


def refuses(*_: object) -> Execution:
    raise AssertionError("nothing was to be run")


def test_a_set_is_solved_and_scored(tmp_path: Path) -> None:
    done = run(sums(10), tmp_path / "r", adder(lambda n, _: n in (3, 4)))
    results = list(done.results())
    assert [result.position for result in results] == list(range(1, 11))
    assert [r.problem.id for r in results if r.outcome is not Outcome.CORRECT] == ["p3", "p4"]
    assert results[3].answer == "8"
    assert results[3].calls == 1
    solution = results[3].solution()
    assert solution is not None
    assert solution.problem == sums(10)[3]
    assert solution.evidence[-1].detail == "different from the reference 7"
    summary = done.summary()
    assert (summary.total.accuracy.right, summary.total.accuracy.of) == (8, 10)
    assert summary.by_subject["odd"].accuracy.right == 4
    assert summary.pass_at == {1: 0.8}
    assert done.manifest.model["name"] == "scripted"
    assert done.manifest.policy["samples"] == 1


def test_the_same_call_does_nothing_twice(tmp_path: Path) -> None:
    first = run(sums(5), tmp_path / "r")
    again = run(sums(5), tmp_path / "r", executor=ScriptedExecutor(refuses))
    assert essence(list(again.results())) == essence(list(first.results()))


def test_what_is_done_is_known_by_content_not_by_place(tmp_path: Path) -> None:
    run(sums(6), tmp_path / "r")
    moved = [*sums(2, start=10), *reversed(sums(6))]
    asked: list[str] = []

    def counts(code: str) -> Execution | str:
        asked.append(code)
        return computes(code)

    done = run(moved, tmp_path / "r", executor=ScriptedExecutor(counts))
    assert len(asked) == 2
    assert [r.problem.id for r in done.results()] == [p.id for p in moved]


def test_a_mended_reference_is_scored_without_a_model(tmp_path: Path) -> None:
    problems = [replace(each, gold="0") for each in sums(3)]
    assert outcomes(run(problems, tmp_path / "r")) == [Outcome.INCORRECT] * 3
    done = run(sums(3), tmp_path / "r", executor=ScriptedExecutor(refuses))
    assert outcomes(done) == [Outcome.CORRECT] * 3
    assert len(list(done.results(every_command=True))) == 6


def test_a_row_that_left_the_set_is_no_longer_counted(tmp_path: Path) -> None:
    run(sums(4), tmp_path / "r")
    assert len(outcomes(run(sums(2), tmp_path / "r"))) == 2
    assert len(outcomes(run(sums(4), tmp_path / "r"))) == 4


def test_equal_rows_are_one(tmp_path: Path) -> None:
    done = run([*sums(3), *sums(3)], tmp_path / "r")
    assert len(outcomes(done)) == done.planned == 3


@pytest.mark.parametrize("width", [1, 3, 50])
def test_results_do_not_depend_on_how_many_run_at_once_or_in_which_order(
    tmp_path: Path, width: int
) -> None:
    policy = Policy(samples=3, check=False)
    model = adder(lambda n, seed: (n + seed) % 3 == 0)
    alone = run(sums(12), tmp_path / "a", model, policy, width=1)
    other = run(sums(12), tmp_path / "b", model, policy, width=width, shuffle=7)
    assert essence(list(other.results())) == essence(list(alone.results()))


def test_all_samples_give_pass_and_majority(tmp_path: Path) -> None:
    policy = Policy(samples=4, check=False, stop_early=False)
    model = adder(lambda n, seed: seed < n)
    summary = run(sums(5), tmp_path / "r", model, policy).summary()
    # Problem n has 4 - n right samples of 4.
    expected = {1: (1 + 3 / 4 + 1 / 2 + 1 / 4) / 5, 2: (1 + 1 + 5 / 6 + 1 / 2) / 5, 4: 4 / 5}
    assert summary.pass_at == pytest.approx(expected)
    assert summary.maj_at[4] == pytest.approx((1 + 1 + 1 / 2) / 5)


def test_early_stopping_gives_no_pass_at_k(tmp_path: Path) -> None:
    model = adder(lambda n, seed: n == 1 and seed == 0)
    assert (
        run(sums(3), tmp_path / "r", model, Policy(samples=4, check=False)).summary().pass_at == {}
    )


FAULTS: dict[str, tuple[Callable[[str], Execution | str], Outcome]] = {
    "killed": (lambda _: Execution(Status.DIED), Outcome.UNDECIDED),
    "no kernel": (lambda _: _raise(ExecutorUnavailable("no kernel", why="x")), Outcome.UNDECIDED),
    "our defect": (lambda _: _raise(ZeroDivisionError("ours")), Outcome.FAILED),
}


def _raise(error: Exception) -> Execution:
    raise error


@pytest.mark.parametrize("name", FAULTS)
def test_one_bad_problem_never_stops_the_run(tmp_path: Path, name: str) -> None:
    fault, expected = FAULTS[name]

    def script(text: str, seed: int) -> str:
        if "What is 2 +" in text and name == "killed":
            if "output" in text.split("assistant\n", 1)[1]:
                return "I do not know."
            return f"{FENCE}python\nprint(2 + 3)\n{FENCE}\n{FENCE}output"
        return adder().solution(text, seed)  # type: ignore[operator]

    work = ScriptedExecutor(lambda code: fault(code) if "(2 +" in code else computes(code))
    done = run(sums(5), tmp_path / "r", ScriptedModel(script), executor=work)
    found = outcomes(done)
    assert found[2] is expected
    assert found[:2] + found[3:] == [Outcome.CORRECT] * 4
    mended = run(sums(5), tmp_path / "r", resume=Resume.RETRY)
    assert outcomes(mended) == [Outcome.CORRECT] * 5


def test_a_problem_too_long_for_the_model_is_told_so(tmp_path: Path) -> None:
    long = Problem("What is 1 + 2? " + "Think. " * 500, gold="3", id="long")
    model = replace(adder(), context=3000)
    done = list(run([*sums(2), long], tmp_path / "r", model).results())
    assert [each.outcome for each in done][:2] == [Outcome.CORRECT] * 2
    assert done[2].outcome is Outcome.FAILED
    assert "too long" in done[2].detail


def test_time_that_runs_out_is_undecided_and_more_of_it_decides(tmp_path: Path) -> None:
    slow = adder(seconds=0.05)
    hasty = replace(POLICY, timeout=0.2)
    done = list(run(sums(2), tmp_path / "r", slow, hasty).results())
    assert [(each.outcome, each.rule) for each in done] == [(Outcome.UNDECIDED, "timeout")] * 2
    assert done[0].score is None
    patient = replace(POLICY, timeout=60.0)
    again = run(sums(2), tmp_path / "r", adder(), patient, resume=Resume.RETRY)
    assert outcomes(again) == [Outcome.CORRECT] * 2


def test_a_machine_that_fails_every_problem_ends_the_run(tmp_path: Path) -> None:
    broken = ScriptedExecutor(lambda _: _raise(ExecutorUnavailable("no kernel", why="x")))
    with pytest.raises(KernelFailed):
        run(sums(500), tmp_path / "r", executor=broken, width=4)
    kept = outcomes(Run.open(tmp_path / "r"))
    assert 4 < len(kept) < 50
    assert set(kept) == {Outcome.UNDECIDED}


def test_regrade_scores_anew_and_asks_no_model(tmp_path: Path) -> None:
    run(sums(3), tmp_path / "r")
    done = run(sums(4), tmp_path / "r", resume=Resume.REGRADE, executor=ScriptedExecutor(refuses))
    assert outcomes(done) == [Outcome.CORRECT] * 3
    assert done.planned == 4


def test_fresh_starts_over(tmp_path: Path) -> None:
    run(sums(3), tmp_path / "r")
    done = run(sums(2), tmp_path / "r", adder(lambda *_: True), resume=Resume.FRESH)
    assert outcomes(done) == [Outcome.INCORRECT] * 2
    assert len(list(done.results(every_command=True))) == 2


def test_limit_ids_and_shuffle(tmp_path: Path) -> None:
    done = run(sums(9), tmp_path / "r", limit=2)
    assert [r.problem.id for r in done.results()] == ["p0", "p1"]
    done = run(sums(9), tmp_path / "r", ids=("p5", "p3"))
    assert [r.problem.id for r in done.results()] == ["p3", "p5"]
    one = [r.problem.id for r in run(sums(9), tmp_path / "r", shuffle=1, limit=4).results()]
    two = [r.problem.id for r in run(sums(9), tmp_path / "r", shuffle=2, limit=4).results()]
    same = [r.problem.id for r in run(sums(9), tmp_path / "r", shuffle=1, limit=4).results()]
    assert one == same != two
    with pytest.raises(BadInput, match="'p99' is not in the set"):
        run(sums(9), tmp_path / "r", ids=("p1", "p99"))


def test_another_model_or_policy_is_another_run(tmp_path: Path) -> None:
    run(sums(1), tmp_path / "r")
    with pytest.raises(BadInput, match="holds another run"):
        run(sums(1), tmp_path / "r", policy=replace(POLICY, seed=1))
    with pytest.raises(BadInput, match="holds another run"):
        run(sums(1), tmp_path / "r", replace(adder(), name="other"))


def test_the_folder_is_found_again_without_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIR_RUNS", str(tmp_path))
    one = tir.evaluate(sums(1), model=adder(), policy=POLICY, executor=executor())
    two = tir.evaluate(sums(1), model=adder(), policy=POLICY, executor=executor())
    other = tir.evaluate(
        sums(1), model=adder(), policy=replace(POLICY, seed=1), executor=executor()
    )
    assert one.folder == two.folder != other.folder
    assert one.folder.parent == tmp_path


async def test_it_runs_where_an_event_loop_runs(tmp_path: Path) -> None:
    assert asyncio.get_running_loop() is not None
    assert outcomes(run(sums(2), tmp_path / "r")) == [Outcome.CORRECT] * 2


def test_progress_grows_and_says_what_it_knows(tmp_path: Path) -> None:
    run(sums(2), tmp_path / "r")
    seen: list[tuple[int, str]] = []

    def watch(progress: Progress) -> None:
        seen.append((progress.finished, progress.line()))

    run(sums(6), tmp_path / "r", on_progress=watch, width=1)
    assert [finished for finished, _ in seen] == [2, 2, 3, 4, 5, 6]
    assert seen[-1][1].startswith("6/6 · 100.0 % (61 to 100) · 0 undecided")


def test_a_model_never_sees_the_reference(tmp_path: Path) -> None:
    seen: list[str] = []

    def script(text: str, seed: int) -> str:
        seen.append(text)
        return "It is \\boxed{5}."

    problem = Problem("What is it?", gold="SECRET", test={"test": "text", "accept": ["HIDDEN"]})
    run([problem], tmp_path / "r", ScriptedModel(script))
    assert seen
    assert not any("SECRET" in text or "HIDDEN" in text for text in seen)


def test_unfinished_trajectories_are_not_drawn_again(tmp_path: Path) -> None:
    """A run killed between two trajectories of a problem goes on with the second one."""
    policy = Policy(samples=3, check=False, stop_early=False)
    drawn: list[int] = []

    def model(cut: bool) -> ScriptedModel:
        def script(text: str, seed: int) -> str:
            if "output" not in text.split("assistant\n", 1)[1]:
                drawn.append(seed)
                if cut and seed == 2:
                    raise KeyboardInterrupt
            return adder().solution(text, seed)  # type: ignore[operator]

        return ScriptedModel(script)

    with pytest.raises(BaseException):  # noqa: B017, PT011 - whatever ends the loop that abruptly
        run(sums(1), tmp_path / "r", model(cut=True), policy)
    assert drawn == [0, 1, 2]
    drawn.clear()
    done = run(sums(1), tmp_path / "r", model(cut=False), policy)
    assert drawn == [2]
    whole = run(sums(1), tmp_path / "whole", model(cut=False), policy)
    assert essence(list(done.results())) == essence(list(whole.results()))


def test_the_manifest_says_what_was_measured(tmp_path: Path) -> None:
    run(sums(1), tmp_path / "r")
    run(sums(2), tmp_path / "r")
    record = json.loads((tmp_path / "r" / "manifest.json").read_text())
    assert record["schema"] == "tir.run/1"
    assert len(record["commands"]) == 2
    assert record["versions"]["tir"] == tir.__version__
    assert record["machine"]["cores"] >= 1
    assert record["policy"]["samples"] == 1


def test_an_empty_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no problems"):
        run([], tmp_path / "r")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file where a folder should be")
    with pytest.raises(EnvironmentFailed, match="cannot be written"):
        run(sums(1), tmp_path / "file" / "r")


def test_sets_of_one_name_have_folders_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"model": adder(), "policy": POLICY, "executor": executor()}
    runs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        path = tmp_path / name / "homework.csv"
        path.write_text("question,answer\nWhat is 1 + 2?,3\n")
        runs += [tir.evaluate(path, **given), tir.evaluate(path, **given)]
    runs += [tir.evaluate(sums(count), **given) for count in (1, 2)]
    folders = [run.folder for run in runs]
    assert folders[0] == folders[1] != folders[2] == folders[3]
    assert len(set(folders)) == 4


def test_only_what_is_loaded_here_needs_an_accelerator() -> None:
    server = LoadOptions(endpoint="http://127.0.0.1:1/v1")
    assert Engine("m", POLICY).needs_accelerator
    assert not Engine("m", POLICY, server).needs_accelerator
    assert Engine("m", POLICY, server, "a reward model").needs_accelerator
    assert not Engine("m", POLICY, server, "a reward model", server).needs_accelerator
