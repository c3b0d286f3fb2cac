"""The filter of system calls, decided instruction by instruction, for both processors."""

import errno
import platform
import sys
from collections.abc import Iterator

import pytest

if sys.platform != "linux":
    pytest.skip("seccomp is part of Linux", allow_module_level=True)

from executors.linux import seccomp

ARCHITECTURES = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
ALLOWED, KILLED = 0x7FFF_0000, 0x8000_0000
X32 = 0x4000_0000
CALLS = "read socket socketpair clone mmap fcntl ioctl setsockopt prctl ptrace unshare".split()
CALLS += ["fchmodat", "clone3"]
NUMBERS = {
    # From asm/unistd.h of Linux.
    machine: dict(zip(CALLS, numbers, strict=True))
    for machine, numbers in {
        "x86_64": (0, 41, 53, 56, 9, 72, 16, 54, 157, 101, 272, 268, 435),
        "aarch64": (63, 198, 199, 220, 222, 25, 29, 208, 167, 117, 97, 53, 435),
    }.items()
}
REFUSED = {number: 0x0005_0000 | number for number in (0, errno.EPERM, errno.ENOSYS)}
NO_FAMILY = 0x0005_0000 | errno.EAFNOSUPPORT


def decide(program: tuple[seccomp.Instruction, ...], fields: dict[int, int]) -> int:
    """What the kernel's machine for classic BPF comes to (linux/filter.h)."""
    accumulator, at = 0, 0
    while True:
        code, if_true, if_false, operand = program[at]
        at += 1
        match code:
            case 0x20:
                accumulator = fields.get(operand, 0)
            case 0x54:
                accumulator &= operand
            case 0x15:
                at += if_true if accumulator == operand else if_false
            case 0x35:
                at += if_true if accumulator >= operand else if_false
            case 0x45:
                at += if_true if accumulator & operand else if_false
            case 0x06:
                return operand
            case _:
                raise AssertionError(f"unknown operation {code:#x}")


@pytest.fixture(params=sorted(ARCHITECTURES))
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(platform, "machine", lambda: request.param)
    seccomp.program.cache_clear()
    yield str(request.param)
    seccomp.program.cache_clear()


def verdict(machine: str, call: str | int, *arguments: int, apart: bool = True) -> int:
    number = call if isinstance(call, int) else NUMBERS[machine][call]
    fields = {0: number, 4: ARCHITECTURES[machine]}
    fields |= {16 + 8 * at: value for at, value in enumerate(arguments)}
    return decide(seccomp.program(sockets=apart, metadata=apart), fields)


def test_what_programs_need_is_allowed(machine: str) -> None:
    assert verdict(machine, "read", 0) == ALLOWED
    assert verdict(machine, "socket", 1, 1) == ALLOWED
    assert verdict(machine, "clone", 0x3D0F00) == ALLOWED
    assert verdict(machine, "mmap", 0, 4096, 3, 0x22) == ALLOWED
    assert verdict(machine, "fcntl", 3, 4) == ALLOWED
    assert verdict(machine, "ioctl", 1, 0x5401) == ALLOWED
    assert verdict(machine, "setsockopt", 3, 1, 2) == ALLOWED
    assert verdict(machine, "fchmodat", 3) == ALLOWED


def test_what_leads_out_is_refused(machine: str) -> None:
    assert verdict(machine, "ptrace", 16) == REFUSED[errno.EPERM]
    assert verdict(machine, "unshare", 0x1000_0000) == REFUSED[errno.EPERM]
    assert verdict(machine, "clone", 0x1000_0000 | 17) == REFUSED[errno.EPERM]
    assert verdict(machine, "clone3") == REFUSED[errno.ENOSYS]
    for family in (2, 10, 16, 17, 38, 40):
        assert verdict(machine, "socket", family, 1) == NO_FAMILY
        assert verdict(machine, "socketpair", family, 1) == NO_FAMILY
    assert verdict(machine, "ioctl", 0, 0x5412) == REFUSED[errno.EPERM]
    assert verdict(machine, "ioctl", 0, 0x541C) == REFUSED[errno.EPERM]
    assert verdict(machine, 451) == REFUSED[errno.ENOSYS]


def test_memory_that_nobody_is_charged_for_is_refused(machine: str) -> None:
    assert verdict(machine, "mmap", 0, 4096, 3, 0x21) == REFUSED[errno.EPERM]
    assert verdict(machine, "mmap", 0, 4096, 3, 0x23) == REFUSED[errno.EPERM]
    assert verdict(machine, "mmap", 0, 4096, 3, 0x01) == ALLOWED
    assert verdict(machine, "fcntl", 3, 1031) == REFUSED[errno.EPERM]
    for option in (7, 8, 32, 33):
        assert verdict(machine, "setsockopt", 3, 1, option) == REFUSED[errno.EPERM]
    assert verdict(machine, "prctl", 4) == REFUSED[errno.EPERM]
    assert verdict(machine, "prctl", 15) == ALLOWED


def test_on_the_users_own_machine_no_socket_is_made_and_no_metadata_changed(machine: str) -> None:
    assert verdict(machine, "socket", 1, 1, apart=False) == REFUSED[errno.EPERM]
    assert verdict(machine, "socketpair", 1, 1 | 0x80000, apart=False) == ALLOWED
    assert verdict(machine, "socketpair", 1, 5, apart=False) == ALLOWED
    assert verdict(machine, "socketpair", 1, 2, apart=False) == REFUSED[errno.EPERM]
    assert verdict(machine, "fchmodat", 3, apart=False) == REFUSED[0]


def test_calls_of_another_processor_kill(machine: str) -> None:
    other = next(value for name, value in ARCHITECTURES.items() if name != machine)
    assert decide(seccomp.program(), {0: 0, 4: other}) == KILLED
    if machine == "x86_64":
        assert verdict(machine, X32 | 1) == KILLED


def test_an_unknown_processor_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    seccomp.program.cache_clear()
    with pytest.raises(OSError, match="riscv64"):
        seccomp.program()
