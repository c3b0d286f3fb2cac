"""Loading problem sets: formats, layouts, bad rows, hostile files, and the shared sets."""

import json
import os
import pickle
import subprocess
import sys
import tracemalloc
from itertools import islice
from pathlib import Path

import pytest

from problems import (
    AnswerTest,
    Flaw,
    Outcome,
    Problem,
    ProblemFileError,
    audit,
    equal,
    grade,
    load,
)
from problems.rows import ROW_BYTES

HERE = Path(__file__).resolve().parent
LAYOUTS = [json.loads(line) for line in (HERE / "data" / "layouts.jsonl").read_text().splitlines()]
SETS = HERE.parent.parent / "shared" / "data" / "problems"
COUNTS = {
    "aime24": 30,
    "amc23": 40,
    "aqua": 254,
    "asdiv": 2215,
    "cmath": 600,
    "gaokao_math_qa": 351,
    "gsm8k": 1319,
    "math": 5000,
    "minerva_math": 272,
    "mmlu_stem": 3018,
    "sat_math": 32,
}
needs_sets = pytest.mark.skipif(not SETS.exists(), reason=f"the shared sets are not at {SETS}")
PARQUET = "needs pyarrow, which is not installed"
ROWS = [{"question": "1+1?", "answer": "2"}, {"question": 'a, "b"\nc?', "answer": "$3$"}]
MARKDOWN = """\
Some introduction.

# Algebra

## 1a

What is $1+1$?

Answer: 2

## 1b #

Write
three.

**Answer:** $3$
"""


def write(folder: Path, name: str, content: str | bytes | list[object]) -> Path:
    path = folder / name
    if isinstance(content, list):
        content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def fails(path: Path) -> ProblemFileError:
    with pytest.raises(ProblemFileError) as failure:
        load(path)
    return failure.value


def reasons(path: Path) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in fails(path).bad]


@pytest.mark.parametrize("row", LAYOUTS, ids=lambda row: row["set"])
def test_layouts(row: dict[str, object], tmp_path: Path) -> None:
    name = str(row["set"]).replace("/", "_").replace("livebench_math", "livebench-math")
    (problem,) = load(write(tmp_path, f"{name}.jsonl", [row["row"]]))
    expected = {key: value for key, value in row.items() if key not in ("set", "row")}
    got = {key: getattr(problem, key) for key in expected}
    got |= {"choices": list(problem.choices)} if "choices" in expected else {}
    assert got == expected
    assert problem.source == name


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", "".join(json.dumps(row) + "\n\n" for row in ROWS)),
        ("a.ndjson", "\ufeff" + "\r\n".join(json.dumps(row) for row in ROWS)),
        ("a.json", json.dumps(ROWS)),
        ("a.json", "\ufeff" + json.dumps(ROWS, indent=2) + "\n"),
        ("a.json", "\n".join(json.dumps(row, indent=2) for row in ROWS)),
        ("a.csv", 'question,answer\n1+1?,2\n\n"a, ""b""\nc?",$3$\n'),
        ("a.csv", '\ufeffQuestion;Answer\r\n1+1?;2\r\n"a, ""b""\nc?";$3$\r\n'),
        ("a.tsv", 'question\tanswer\n1+1?\t2\n"a, ""b""\nc?"\t$3$\n'),
        ("a.CSV", 'answer,question\n2,1+1?\n$3$,"a, ""b""\nc?"'),
    ],
)
def test_formats(name: str, content: str, tmp_path: Path) -> None:
    found = load(write(tmp_path, name, content))
    assert [(p.question, p.gold) for p in found] == [("1+1?", "2"), ('a, "b"\nc?', "3")]
    assert len(found) == 2
    assert (found.name, found.layout) == ("a", "question: question; gold: answer")


def test_markdown(tmp_path: Path) -> None:
    found = list(load(write(tmp_path, "sheet.md", MARKDOWN)))
    assert [(p.id, p.question, p.gold) for p in found] == [
        ("1a", "What is $1+1$?", "2"),
        ("1b", "Write\nthree.", "3"),
    ]


def test_parquet(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason=PARQUET)
    from pyarrow import parquet

    rows = [{"question": f"{n}+1?", "answer": n + 1, "idx": n} for n in range(1000)]
    parquet.write_table(arrow.Table.from_pylist(rows), tmp_path / "a.parquet")
    found = list(load(tmp_path / "a.parquet"))
    assert [p.gold for p in found] == [str(n + 1) for n in range(1000)]
    broken = write(tmp_path, "b.parquet", "no parquet")
    assert fails(broken).bad[0].reason.startswith("not Parquet")


def test_parquet_without_pyarrow_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "import problems\n"
        f"try: problems.load({str(write(tmp_path, 'a.parquet', ''))!r})\n"
        "except ImportError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HERE.parent, capture_output=True, text=True, check=True
    )
    assert "pip install pyarrow" in done.stdout


def test_sets_are_found_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gsm = {"question": "q", "answer": "#### 4"}
    write(tmp_path, "GSM8K.jsonl", [gsm])
    (tmp_path / "math-500").mkdir()
    write(tmp_path / "math-500", "test.jsonl", [{"problem": "p", "solution": "", "answer": "5"}])
    assert [p.gold for p in load("gsm8k", folder=tmp_path)] == ["4"]
    monkeypatch.setenv("TIR_PROBLEMS", str(tmp_path))
    found = load("HuggingFaceH4/MATH-500")
    assert [(p.gold, p.source) for p in found] == [("5", "math-500")]
    with pytest.raises(ProblemFileError, match="no set gsm9k") as failure:
        load("gsm9k")
    assert "gsm8k" in failure.value.hint
    write(tmp_path, "gsm8k.csv", "question,answer\n")
    with pytest.raises(ProblemFileError, match="several times"):
        load("gsm8k")


def test_nothing_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIR_PROBLEMS", raising=False)
    with pytest.raises(ProblemFileError, match="TIR_PROBLEMS"):
        load("gsm8k")
    for path, said in (
        (tmp_path / "a.jsonl", "is not there"),
        (tmp_path, "is a folder"),
        (write(tmp_path, "a.xlsx", "x"), "is no problem file"),
        (write(tmp_path, "empty.jsonl", "\n\n"), "holds no problems"),
        (write(tmp_path, "empty.csv", ""), "holds no problems"),
        (write(tmp_path, "empty.json", "[]"), "holds no problems"),
        (write(tmp_path, "header.csv", "question,answer\n"), "holds no problems"),
    ):
        with pytest.raises(ProblemFileError, match=said):
            load(path)
    with pytest.raises(ProblemFileError, match="cannot be read"):
        load("gsm8k", folder=tmp_path / "missing")


def test_every_bad_row_is_reported_before_anything_else(tmp_path: Path) -> None:
    rows = [{"question": "q", "answer": "1" if n % 2 else ""} for n in range(50)]
    error = fails(write(tmp_path, "a.jsonl", rows))
    assert [row.line for row in error.bad] == list(range(1, 51, 2))
    assert error.count == 25
    what, where, hint = str(error).splitlines()
    assert what == "a.jsonl: 25 rows cannot be used, 25 can"
    assert where.startswith("  a.jsonl:1: answer is blank; a.jsonl:3: answer is blank; ")
    assert where.endswith("a.jsonl:19: answer is blank; and 15 more")
    assert hint.startswith("  Try: ")


GOOD = {"question": "q", "answer": "1"}
BAD_ROWS = [
    ({"answer": "1"}, "has no field 'question'"),
    ({"question": " ", "answer": "1"}, "has no question: it is blank"),
    ({"question": "q"}, "has no field 'answer'"),
    ({"question": "q", "answer": None}, "answer is blank"),
    ({"question": "q", "answer": "$$"}, "answer is blank"),
    ({"question": "q", "answer": {"a": 1}}, "answer is an object, not text"),
    ({"question": "q", "answer": True}, "answer is true or false, not text"),
    ({"question": ["q", 1, []], "answer": "1"}, "question is a list, not text"),
    ({"question": "q", "answer": r"\frac{1}{2"}, "answer has a { without its }"),
    ({"question": "q", "answer": "x}"}, "answer has a } without its {"),
    ({"question": "q", "answer": "(1, 2"}, "answer has brackets that do not match"),
    ({"question": "q", "answer": r"\left(1)"}, "not equally often"),
    ({"question": "q", "answer": r"\begin{pmatrix}1"}, "not equally often"),
    ({"question": "q", "answer": "9" * 5000}, "answer has 5000 characters"),
    ({"question": "q", "answer": "(" * 60 + ")" * 60}, "nested deeper than"),
    ({"question": "q\0", "answer": "1"}, "question holds U+0000"),
    ({"question": "q\ud83d", "answer": "1"}, "question holds U+D83D"),
    ({"question": "q", "answer": "1", "Answer": "2"}, "has two fields called 'Answer'"),
    ({"question": "q", "answer": "1", "test": "nonsense"}, "test: "),
    ({"question": "q", "answer": "1", "test": "{"}, "test is not JSON"),
    ({"question": "q", "answer": "blue", "test": "numeric"}, "answer does not fit its test"),
    ({"question": "q", "test": {"test": "parts", "parts": [{"gold": "{"}]}}, "has no field"),
    (
        {"question": "q", "answer": "", "test": {"test": "parts", "parts": [{"gold": "{"}]}},
        "part 1 has a { without its }",
    ),
    (
        {"question": "q", "answer": "", "test": {"test": "parts", "parts": [{"gold": " "}]}},
        "test: a part's reference answer must not be blank",
    ),
    ({"question": "q", "answer": "1", "points": "many"}, "points are 'many', not a number"),
    ({"question": "q", "answer": "1", "points": -1}, "which nobody can score"),
    ([1, 2], "not an object with named fields"),
    ("text", "not an object with named fields"),
]


@pytest.mark.parametrize(("row", "reason"), BAD_ROWS)
def test_bad_rows(row: object, reason: str, tmp_path: Path) -> None:
    text = f"{json.dumps(GOOD)}\n{json.dumps(row)}\n{json.dumps(GOOD)}\n"
    ((line, said),) = reasons(write(tmp_path, "a.jsonl", text))
    assert line == 2
    assert reason in said


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"choices": ["a", "b"], "answer": "C"}, "is C, but there are only 2 choices"),
        ({"choices": ["a", "b"], "answer": "8"}, "answer is '8', not a letter"),
        ({"choices": ["a"], "answer": "A"}, "choices has fewer than two choices"),
        ({"choices": "none here", "answer": "A"}, "choices has no choices A), B), ... in it"),
        ({"choices": ["B) x", "A) y"], "answer": "A"}, "choices has its choices in the order BA"),
        ({"choices": True, "answer": "A"}, "choices is true or false, not a list of choices"),
    ],
)
def test_bad_choices(row: dict[str, object], reason: str, tmp_path: Path) -> None:
    good = {"question": "q", "choices": ["a", "b"], "answer": "A"}
    ((line, said),) = reasons(write(tmp_path, "a.jsonl", [good, {"question": "q", **row}]))
    assert line == 2
    assert reason in said


def test_choices_are_graded_by_letter_or_text(tmp_path: Path) -> None:
    row = {"question": "q", "choices": ["5 km", "7 km"], "answer": "B"}
    (problem,) = load(write(tmp_path, "a.jsonl", [row]))
    assert problem.test is not None
    test = AnswerTest.of(problem.test)
    outcomes = [grade(answer, "B", test=test).outcome for answer in ("(B)", "7 km", "A", "5 km")]
    assert outcomes == [Outcome.CORRECT] * 2 + [Outcome.INCORRECT] * 2


def test_a_problem_in_parts_has_its_answers_there(tmp_path: Path) -> None:
    parts = {"test": "parts", "parts": [{"gold": "3", "points": 2}, {"gold": "x^2"}]}
    row = {"question": "q", "answer": "", "test": parts}
    (problem,) = load(write(tmp_path, "a.jsonl", [row]))
    assert (problem.gold, problem.test) == (None, parts)
    quoted = json.dumps(parts).replace('"', '""')
    sheet = write(tmp_path, "a.csv", f'question,answer,test\nq,,"{quoted}"\n')
    assert [one.test for one in load(sheet)] == [parts]


def test_layouts_name_what_they_miss(tmp_path: Path) -> None:
    gsm = [{"question": "q", "answer": "#### 1"}, {"question": "q", "answer": "1"}]
    assert reasons(write(tmp_path, "gsm8k.jsonl", gsm)) == [
        (2, "answer has no #### before its answer")
    ]
    boxed = {"problem": "p", "solution": "none", "level": "1", "type": "t"}
    assert reasons(write(tmp_path, "math.jsonl", [boxed])) == [(1, "solution has no boxed answer")]
    unknown = reasons(write(tmp_path, "a.jsonl", [{"text": "t", "n": 1}] * 3))
    assert unknown == [(1, "has no field `question` or `problem`; its fields are text, n")]
    several = [{"question": "q", "answer": "1", "gold": "2"}]
    ((_, said),) = reasons(write(tmp_path, "b.jsonl", several))
    assert said == "has several fields that could be the reference answer: gold, answer"


def test_ids_are_unique(tmp_path: Path) -> None:
    rows = [{"id": n % 3, "question": f"q{n}", "answer": "1"} for n in range(4)]
    assert reasons(write(tmp_path, "a.jsonl", rows)) == [(4, "id '0' is that of line 1")]
    twice = [{"question": "q", "answer": "1"}] * 2
    assert len({problem.id for problem in load(write(tmp_path, "b.jsonl", twice))}) == 1


@pytest.mark.parametrize(
    ("name", "content", "bad"),
    [
        (
            "a.jsonl",
            b'{"question": "q\xff", "answer": 1}',
            (1, "not UTF-8: byte 0xff at column 16"),
        ),
        ("a.jsonl", b'{"question": NaN, "answer": 1}', (1, "not JSON: NaN is no number")),
        ("a.jsonl", b'{"question": "q",\n', (1, "not JSON: Expecting property name")),
        ("a.jsonl", b'{"question": "q\x00", "answer": 1}', (1, "not JSON: Invalid control")),
        ("a.jsonl", b"[" * 200_000, (1, "nested too deeply")),
        ("a.jsonl", b'{"question":' * 100_000, (1, "nested too deeply")),
        ("a.jsonl", b"\0" * 1000, (1, "not JSON")),
        ("a.jsonl", "question".encode("utf-16"), (1, "the file is UTF-16; save it as UTF-8")),
        ("a.json", b'[\n{"question": "q", "answer": 1},\n{"question": }]', (3, "not JSON")),
        ("a.json", b'[{"question": "q", "answer": 1},\n', (2, "the array does not end")),
        ("a.json", b'[{"question": "q", "answer": 1}]\n[]', (2, "text behind the end")),
        ("a.json", b'[{"question": "q\xff", "answer": 1}]', (1, "not UTF-8: byte 0xff")),
        ("a.json", b"[" * 200_000, (1, "nested too deeply")),
        ("a.json", b'[1, "a"]', (1, "not an object with named fields")),
        ("a.csv", b"question,answer\nq,1\nq\n", (3, "1 cells under 2 columns")),
        ("a.csv", b'question,answer\n"q"x,1\n', (2, "not CSV")),
        ("a.csv", b'question,answer\nq,1\n"q,1\nq,1\n', (3, "not CSV: unexpected end of data")),
        ("a.csv", b"question,question\nq,1\n", (1, "two columns are named 'question'")),
        (
            "a.csv",
            b"question,answer\nq,\xff\n",
            (2, "not UTF-8: byte 0xff at column 3; rows behind"),
        ),
        ("a.csv", b"question,answer\nq," + b"1" * 200_000, (2, "field larger than field limit")),
        ("a.csv", b"question,answer\nq\0,1\n", (2, "question holds U+0000")),
        ("a.md", b"# 1\nq\n\nAnswer: {\n", (1, "answer has a { without its }")),
        ("a.md", b"# 1\nq\xff\n", (2, "not UTF-8")),
    ],
)
def test_broken_files(name: str, content: bytes, bad: tuple[int, str], tmp_path: Path) -> None:
    line, reason = reasons(write(tmp_path, name, content))[0]
    assert line == bad[0]
    assert bad[1] in reason


def test_a_huge_line_costs_no_memory_and_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    row = json.dumps(GOOD).encode() + b"\n"
    with path.open("wb") as file:
        file.write(row)
        for _ in range(64):
            file.write(b"x" * 2**20)
        file.write(b"\n" + row)
    tracemalloc.start()
    said = reasons(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert said == [(2, "longer than 4 MiB")]
    assert peak < 4 * ROW_BYTES


@pytest.mark.parametrize("name", ["a.json", "a.csv", "a.md"])
def test_a_huge_line_of_other_formats(name: str, tmp_path: Path) -> None:
    head = {"a.json": '[{"question": "', "a.csv": "question,answer\n", "a.md": "# 1\n"}[name]
    assert "longer than 4 MiB" in fails(write(tmp_path, name, head + "x" * 9 * 2**20)).why


def test_memory_does_not_grow_with_the_set(tmp_path: Path) -> None:
    peaks = []
    for count in (500, 20_000):
        path = tmp_path / f"{count}.jsonl"
        with path.open("w") as file:
            for n in range(count):
                file.write(
                    f'{{"id": "row-{n}", "question": "What is {n} + 1?", "answer": {n + 1}}}\n'
                )
        tracemalloc.start()
        assert sum(1 for _ in load(path)) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0] + 100_000


def test_a_file_that_changes_is_noticed(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", [GOOD] * 3)
    found = load(path)
    assert len(list(found)) == len(list(found)) == 3
    write(tmp_path, "a.jsonl", [GOOD, {"question": "q"}, GOOD])
    with pytest.raises(ProblemFileError, match="was changed"):
        list(found)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", [GOOD])
    path.chmod(0)
    assert "Permission denied" in str(fails(path))


def test_problems_are_values() -> None:
    one = Problem("q", gold="1", test={"test": "factored"}, points={"": 2.0})
    assert one == pickle.loads(pickle.dumps(one))
    assert hash(one) == hash(Problem("q", gold="1"))
    assert Problem("q", choices=("a", "b")).id != Problem("q", choices=("a", "c")).id
    assert Problem("q").id == Problem(" q\n").id


def test_audit_says_what_looks_wrong() -> None:
    found = list(
        audit(
            [
                Problem("fine", gold=r"\frac{1}{2}"),
                Problem("no gold"),
                Problem("cut", gold=r"\frac{1}{", id="cut"),
                Problem("What is x?", gold="3", id="first"),
                Problem("What  is x?", gold="4", id="second"),
                Problem("What is x?", gold="3.0", id="third"),
                Problem("Which?", gold="C", id="letter", choices=("1", "2")),
                Problem("Which?", gold="A", id="double", choices=("0.5", "1/2", "3")),
                Problem("Which one?", gold="A, B", id="fair", choices=("x", "y", "z")),
            ]
        )
    )
    assert [(suspect.id, suspect.flaw) for suspect in found] == [
        ("cut", Flaw.UNREADABLE),
        ("second", Flaw.CONTRADICTED),
        ("letter", Flaw.NOT_A_CHOICE),
        ("double", Flaw.NOT_A_CHOICE),
    ]
    assert found[1].sentence == (
        "second: the answer 4 contradicts 3, which is that of the same question in first"
        " (What is x?)."
    )
    assert all(suspect.sentence.endswith(".") for suspect in found)


@needs_sets
@pytest.mark.parametrize("name", COUNTS)
def test_the_shared_sets_load_whole(name: str) -> None:
    found = load(name, folder=SETS)
    assert len(found) == sum(1 for _ in found) == COUNTS[name]
    first = next(iter(found))
    assert first.gold
    assert first.source == name


@needs_sets
@pytest.mark.parametrize("name", COUNTS)
def test_every_gold_equals_itself(name: str) -> None:
    golds = {problem.gold or "" for problem in load(name, folder=SETS)}
    assert not [gold for gold in golds if equal(gold, gold) is not True]
    boxed = (rf"The answer is $\boxed{{{gold}}}$." for gold in islice(sorted(golds), 300))
    assert not [text for text in boxed if equal(text, text[22:-3]) is not True]


@needs_sets
@pytest.mark.parametrize("name", COUNTS)
def test_the_shared_sets_have_no_flaw_but_in_their_choices(name: str) -> None:
    found = list(audit(load(name, folder=SETS)))
    assert {suspect.flaw for suspect in found} <= {Flaw.NOT_A_CHOICE}, found
