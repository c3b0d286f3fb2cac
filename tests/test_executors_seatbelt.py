"""The text of the Seatbelt profile, read back as the Scheme it is. Nothing is run under it."""

import re
import sys
from pathlib import Path

import pytest

from executors import seatbelt
from executors.walls import REQUIRED

Expression = str | list["Expression"]

HOSTILE = (
    'quote"',
    "back\\slash",
    'end\\") (allow default) ("',
    "(parentheses",
    ") closing",
    "; comment",
    "new\nline",
    "{above}",
    'both\\\\"',
    "#\\a 'x `y ,z",
    "π and spaces",
)

TOKEN = re.compile(r';[^\n]*|"(?:[^"\\]|\\.)*"|[()]|[^\s()";]+', re.DOTALL)


def parse(text: str) -> list[Expression]:
    """The expressions in a text, strings with their opening quote so that they stay known."""
    stack: list[list[Expression]] = [[]]
    position = 0
    for match in TOKEN.finditer(text):
        assert not text[position : match.start()].strip(), "a character outside of any token"
        position = match.end()
        token = match.group()
        if token.startswith(";"):
            continue
        if token == "(":
            stack.append([])
        elif token == ")":
            assert len(stack) > 1, "a parenthesis too many"
            done = stack.pop()
            stack[-1].append(done)
        elif token.startswith('"'):
            stack[-1].append('"' + re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.DOTALL))
        else:
            stack[-1].append(token)
    assert len(stack) == 1, "a parenthesis too few"
    assert not text[position:].strip()
    return stack[0]


def rules(text: str) -> list[list[Expression]]:
    found = [rule for rule in parse(text) if isinstance(rule, list)]
    assert len(found) == len(parse(text))
    return found


def allowed(text: str, operation: str) -> list[Expression]:
    """The filters of all rules that allow an operation."""
    return [
        part
        for action, *parts in rules(text)
        if action == "allow" and operation in parts
        for part in parts
        if isinstance(part, list)
    ]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_path_is_one_string_whatever_is_in_it(tmp_path: Path, name: str) -> None:
    own, packages = tmp_path / name / "own", tmp_path / name / "packages"
    text = seatbelt.profile([packages], own)
    assert ["subpath", f'"{own}'] in allowed(text, "file-write*")
    assert ["subpath", f'"{packages}'] in allowed(text, "file-read*")
    plain = seatbelt.profile([Path("/p")], Path("/o"))
    assert len(rules(text)) == len(rules(plain))
    assert [rule[:2] for rule in rules(text)] == [rule[:2] for rule in rules(plain)]


def test_everything_is_denied_first() -> None:
    first, second, *others = rules(seatbelt.profile([], Path("/own")))
    assert first == ["version", "1"]
    assert second == ["deny", "default"]
    assert {rule[0] for rule in others} == {"allow"}
    assert all("default" not in rule for rule in others)


def test_only_the_session_s_directory_can_be_written() -> None:
    text = seatbelt.profile([Path("/packages")], Path("/own"))
    assert allowed(text, "file-write*") == [["subpath", '"/own']]
    assert allowed(text, "file-write-data") == [["literal", '"/dev/null']]
    written = [rule for rule in rules(text) if any("write" in str(part) for part in rule[1:])]
    assert len(written) == 2


def test_no_home_and_no_root_directory_can_be_read() -> None:
    text = seatbelt.profile([Path("/packages")], Path("/own"))
    read = [str(part[1])[1:] for part in allowed(text, "file-read*") if isinstance(part, list)]
    assert "/packages" in read
    for path in ("/", "/Users", "/private", "/private/etc", "/private/var", "/Volumes", "/tmp"):
        assert path not in read


def test_directories_above_can_be_looked_at_by_name_only() -> None:
    text = seatbelt.profile([Path("/opt/python/lib")], Path("/private/tmp/own"))
    looked_at = allowed(text, "file-read-metadata")
    assert ["literal", '"/opt/python'] in looked_at
    assert ["literal", '"/private/tmp'] in looked_at
    assert ["literal", '"/'] in looked_at
    assert all(isinstance(part, list) and part[0] == "literal" for part in looked_at)


def test_the_network_is_the_session_s_own_sockets() -> None:
    text = seatbelt.profile([], Path("/own"))
    own: list[Expression] = ["unix-socket", ["subpath", '"/own']]
    assert allowed(text, "network-bind") == [["local", *own]]
    assert allowed(text, "network-outbound") == [["remote", *own]]
    assert allowed(text, "system-socket") == [["socket-domain", "AF_UNIX"]]
    assert "network*" not in text


def test_links_are_followed_before_paths_are_compared(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    text = seatbelt.profile([], tmp_path / "link")
    assert allowed(text, "file-write*") == [["subpath", f'"{tmp_path}/real']]


def test_the_command_is_the_program_the_profile_and_the_kernel() -> None:
    made = seatbelt.command(["python", "-m", "kernel"], [Path("/p")], Path("/o"))
    assert made[:2] == ["/usr/bin/sandbox-exec", "-p"]
    assert made[2] == seatbelt.profile([Path("/p")], Path("/o"))
    assert made[3:] == ["python", "-m", "kernel"]


def test_what_it_leaves_open_is_told_and_is_nothing_that_is_required() -> None:
    assert not REQUIRED & {gap.wall for gap in seatbelt.GAPS}


@pytest.mark.skipif(sys.platform == "darwin", reason="on macOS it may well be available")
def test_elsewhere_it_is_not_to_be_had(tmp_path: Path) -> None:
    assert seatbelt.available(tmp_path) == "sandbox-exec is part of macOS, and this is not"
