"""A filter on system calls, as classic BPF by hand: needs no library and costs a microsecond.

It refuses what no program of mathematics needs and what has been the way out of sandboxes:
other processes' memory, mounts and namespaces, sockets that reach a network, key rings, kernel
modules, io_uring, and every call newer than those known here. Source: seccomp(2),
linux/filter.h, linux/audit.h; numbers from asm/unistd.h of Linux 6.1.
"""

import ctypes
import errno
import os
import platform
import struct
from functools import cache

from executors.linux.syscalls import forbid_new_privileges

_ARCHITECTURES = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
_X32_BIT = 0x4000_0000
_NEWEST = 450
"""set_mempolicy_home_node, Linux 5.17. What came later is answered "not implemented"."""

Table = dict[str, tuple[int | None, int | None]]
"""By the name of the call its numbers on x86_64 and aarch64."""

_PERMISSION_DENIED: Table = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    # Memory that belongs to no process is counted to none.
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "vmsplice": (278, 75),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "syslog": (103, 116),
    "quotactl": (179, 60),
    "acct": (163, 89),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "lookup_dcookie": (212, 18),
    "personality": (135, 92),
    "mbind": (237, 235),
    "set_mempolicy": (238, 237),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "vhangup": (153, 58),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
}
_NOT_IMPLEMENTED: Table = {
    # The C library falls back to clone, whose flags can be read here; clone3's cannot.
    "clone3": (435, 435),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
}
_PRETENDED: Table = {
    # Answered as done, for what copies and unpacks files asks for them besides its work.
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "chown": (92, None),
    "lchown": (94, None),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
}
"""Changes of a file beside its content, which Landlock cannot refuse."""

_SOCKET, _SOCKETPAIR, _SETSOCKOPT = (41, 198), (53, 199), (54, 208)
_CLONE, _IOCTL, _FCNTL, _MMAP, _PRCTL = (56, 220), (16, 29), (72, 25), (9, 222), (157, 167)
_AF_UNIX = 1
_CONNECTED_TYPES = (1, 5)
"""STREAM and SEQPACKET: one end of a DGRAM pair can send to any address."""
_TYPE_BITS = 0xF
_CLONE_NAMESPACES = 0x7E02_0000
_TERMINAL_REQUESTS = (0x5412, 0x541C)
"""TIOCSTI types into somebody's terminal, TIOCLINUX pastes there."""
_F_SETPIPE_SZ = 1031
_BUFFER_SIZES = (7, 8, 32, 33)
"""SO_SNDBUF, SO_RCVBUF and their FORCE. What lies in a pipe or socket is counted to no process;
at its first size it is little."""
_SHARED_ANONYMOUS = 0x21
"""Flags of mmap. Such memory stays when no process maps it any more, and is counted to none."""
_PR_SET_DUMPABLE = 4
"""Hides a process's pages from who counts them."""

_ALLOW, _KILL, _ERROR = 0x7FFF_0000, 0x8000_0000, 0x0005_0000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4
_ARGUMENTS_AT = (16, 24, 32, 40)
"""Offsets in seccomp_data; of the arguments the low halves, all that the kernel looks at here."""
_SET_SECCOMP, _MODE_FILTER = 22, 2
_FORM = "HBBI"
_LIBC = ctypes.CDLL(None, use_errno=True)

Instruction = tuple[int, int, int, int]
"""(operation, jump if true, jump if false, operand)"""


def _refuse(number: int) -> Instruction:
    return _RETURN, 0, 0, _ERROR | number


_PERMIT: Instruction = (_RETURN, 0, 0, _ALLOW)
_DENY = _refuse(errno.EPERM)
_NO_FAMILY = _refuse(errno.EAFNOSUPPORT)


def _argument(
    at: int, values: tuple[int, ...], verdict: Instruction, otherwise: Instruction, mask: int = 0
) -> list[Instruction]:
    """A verdict for a call of which argument `at`, counted from 0, has one of the values."""
    made: list[Instruction] = [(_LOAD, 0, 0, _ARGUMENTS_AT[at])]
    if mask:
        made.append((_AND, 0, 0, mask))
    # Each comparison that fits jumps over the others that are left, and over `otherwise`.
    left = range(len(values), 0, -1)
    made += [(_EQUAL, jump, 0, value) for jump, value in zip(left, values, strict=True)]
    return [*made, otherwise, verdict]


def _of(call: int, body: list[Instruction]) -> list[Instruction]:
    """A body that is run for this call alone; it always ends in a verdict."""
    return [(_EQUAL, 0, len(body), call), *body]


@cache
def program(*, sockets: bool = True, metadata: bool = True) -> tuple[Instruction, ...]:
    """The filter for this processor.

    Args:
        sockets: without, no socket can be made but pairs that are connected to each other.
        metadata: without, mode, owner, times and attributes of files only seem to change.

    Raises:
        OSError: the processor's numbers are not known.
    """
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        raise OSError(errno.ENOSYS, f"no table of system calls for {machine}")
    at = list(_ARCHITECTURES).index(machine)
    made: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_EQUAL, 1, 0, _ARCHITECTURES[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
    ]
    if machine == "x86_64":
        made += [(_AT_LEAST, 0, 1, _X32_BIT), (_RETURN, 0, 0, _KILL)]
    made += [(_AT_LEAST, 0, 1, _NEWEST + 1), _refuse(errno.ENOSYS)]
    tables: list[tuple[Table, Instruction]] = [
        (_PERMISSION_DENIED, _DENY),
        (_NOT_IMPLEMENTED, _refuse(errno.ENOSYS)),
    ]
    if not metadata:
        tables.append((_PRETENDED, _refuse(0)))
    for table, verdict in tables:
        for numbers in table.values():
            if (call := numbers[at]) is not None:
                made += _of(call, [verdict])
    local = _PERMIT if sockets else _DENY
    made += _of(_SOCKET[at], _argument(0, (_AF_UNIX,), local, _NO_FAMILY))
    pair = _argument(0, (_AF_UNIX,), _PERMIT, _NO_FAMILY)
    if not sockets:
        pair = [*pair[:-1], *_argument(1, _CONNECTED_TYPES, _PERMIT, _DENY, _TYPE_BITS)]
    made += _of(_SOCKETPAIR[at], pair)
    namespaces = (_ANY_BIT, 0, 1, _CLONE_NAMESPACES)
    made += _of(_CLONE[at], [(_LOAD, 0, 0, _ARGUMENTS_AT[0]), namespaces, _DENY, _PERMIT])
    made += _of(_IOCTL[at], _argument(1, _TERMINAL_REQUESTS, _DENY, _PERMIT))
    made += _of(_FCNTL[at], _argument(1, (_F_SETPIPE_SZ,), _DENY, _PERMIT))
    made += _of(_SETSOCKOPT[at], _argument(2, _BUFFER_SIZES, _DENY, _PERMIT))
    shared = _argument(3, (_SHARED_ANONYMOUS,), _DENY, _PERMIT, _SHARED_ANONYMOUS)
    made += _of(_MMAP[at], shared)
    made += _of(_PRCTL[at], _argument(0, (_PR_SET_DUMPABLE,), _DENY, _PERMIT))
    return (*made, _PERMIT)


@cache
def encoded(*, sockets: bool = True, metadata: bool = True) -> bytes:
    """The filter as the kernel reads it. Made before a fork, it costs the fork nothing."""
    made = program(sockets=sockets, metadata=metadata)
    return b"".join(struct.pack(_FORM, *instruction) for instruction in made)


def install(*, sockets: bool = True, metadata: bool = True) -> None:
    """Filter this thread and all it will start, for ever. Call it before any thread is started.

    The arguments are those of `program`.

    Raises:
        OSError: the kernel has no seccomp filters, or the processor is unknown.
    """
    code = encoded(sockets=sockets, metadata=metadata)
    buffer = ctypes.create_string_buffer(code, len(code))
    length = len(code) // struct.calcsize(_FORM)
    header = struct.pack("HxxxxxxQ", length, ctypes.addressof(buffer))
    forbid_new_privileges()
    if _LIBC.prctl(_SET_SECCOMP, _MODE_FILTER, header, 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, f"seccomp: {os.strerror(number)}")
