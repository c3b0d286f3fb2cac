"""Attempts to ask the operating system's kernel for what no program of mathematics needs."""

from executors.attacks.attack import ENDED, KILLED, Attack
from executors.walls import Wall

_NUMBERS = r"""
arm = platform.machine() == "aarch64"
"""

_PRIVILEGED = Attack(
    "privileged-calls",
    Wall.SYSTEM_CALLS,
    _NUMBERS
    + r"""
# (name, number on x86_64, on aarch64, arguments); a wrong magic number keeps reboot harmless.
for name, x86, arm64, arguments in (
    ("mount", 165, 40, (b"none", b"/tmp", b"tmpfs", 0, None)),
    ("remount", 165, 40, (b"none", b"/", None, 32 | 4096, None)),
    ("umount2", 166, 39, (b"/proc", 2)),
    ("pivot_root", 155, 41, (b"/", b"/")),
    ("chroot", 161, 51, (b"/",)),
    ("setns", 308, 268, (0, 0)),
    ("open_tree", 428, 428, (-100, b"/", 1)),
    ("move_mount", 429, 429, (-100, b"/", -100, b"/tmp", 0)),
    ("fsopen", 430, 430, (b"tmpfs", 0)),
    ("fspick", 433, 433, (-100, b"/", 0)),
    ("mount_setattr", 442, 442, (-100, b"/", 0, None, 0)),
    ("swapon", 167, 224, (None, 0)),
    ("swapoff", 168, 225, (None,)),
    ("reboot", 169, 142, (0, 0, 0, None)),
    ("kexec_load", 246, 104, (0, 0, None, 0)),
    ("init_module", 175, 105, (None, 0, None)),
    ("finit_module", 313, 273, (-1, None, 0)),
    ("delete_module", 176, 106, (None, 0)),
    ("acct", 163, 89, (None,)),
    ("quotactl", 179, 60, (0x80000100, b"/dev/vda", 0, None)),
    ("sethostname", 170, 161, (b"box", 3)),
    ("setdomainname", 171, 162, (b"box", 3)),
    ("syslog", 103, 116, (3, ctypes.create_string_buffer(64), 64)),
    ("vhangup", 153, 58, ()),
    ("lookup_dcookie", 212, 18, (0, None, 0)),
):
    refused(name, lambda: call(arm64 if arm else x86, *arguments))
now = ctypes.create_string_buffer(int(time.time()).to_bytes(8, "little") + bytes(8), 16)
refused("clock_settime", lambda: call(112 if arm else 227, 0, now))
for what, act in (("setuid", lambda: os.setuid(0)), ("setgid", lambda: os.setgid(0)),
                  ("setgroups", lambda: os.setgroups([0]))):
    if os.getuid():
        attempt(what, act)
attempt("nice", lambda: os.nice(-5))
attempt("real time", lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10)))
finish()
""",
)

_EXOTIC = Attack(
    "calls-that-were-ways-out-before",
    Wall.SYSTEM_CALLS,
    _NUMBERS
    + r"""
for name, x86, arm64, arguments in (
    ("ptrace", 101, 117, (16, 1, 0, 0)),
    ("process_vm_readv", 310, 270, (os.getpid(), None, 0, None, 0, 0)),
    ("process_vm_writev", 311, 271, (os.getpid(), None, 0, None, 0, 0)),
    ("kcmp", 312, 272, (1, 1, 0, 0, 0)),
    ("pidfd_getfd", 438, 438, (-1, 0, 0)),
    ("bpf", 321, 280, (0, None, 0)),
    ("perf_event_open", 298, 241, (None, 0, -1, -1, 0)),
    ("userfaultfd", 323, 282, (1,)),
    ("io_uring_setup", 425, 425, (1, None)),
    ("io_uring_enter", 426, 426, (-1, 0, 0, 0, None, 0)),
    ("io_uring_register", 427, 427, (-1, 0, None, 0)),
    ("keyctl", 250, 219, (0, -3, 0)),
    ("add_key", 248, 217, (b"user", b"tir", b"x", 1, -4)),
    ("request_key", 249, 218, (b"user", b"tir", None, -4)),
    ("name_to_handle_at", 303, 264, (-100, b"/", None, None, 0)),
    ("open_by_handle_at", 304, 265, (-1, None, 0)),
    ("fanotify_init", 300, 262, (0, 0)),
    ("memfd_secret", 447, 447, (0,)),
    ("shmget", 29, 194, (0, 4096, 0o1600)),
    ("msgget", 68, 186, (0, 0o1600)),
    ("semget", 64, 190, (0, 1, 0o1600)),
    ("personality", 135, 92, (0xFFFFFFFF,)),
    ("migrate_pages", 256, 238, (os.getpid(), 0, None, None)),
    ("move_pages", 279, 239, (os.getpid(), 0, None, None, None, 0)),
    ("vmsplice", 278, 75, (-1, None, 0, 0)),
):
    refused(name, lambda: call(arm64 if arm else x86, *arguments))
if not arm:
    for name, number, arguments in (("iopl", 172, (3,)), ("ioperm", 173, (0x80, 1, 1)),
                                    ("modify_ldt", 154, (0, None, 0))):
        refused(name, lambda: call(number, *arguments))
finish()
""",
)

_NAMESPACES = Attack(
    "make-a-namespace",
    Wall.SYSTEM_CALLS,
    _NUMBERS
    + r"""
kinds = {"user": 0x10000000, "mount": 0x20000, "network": 0x40000000, "pid": 0x20000000,
         "ipc": 0x8000000, "hostname": 0x4000000, "cgroup": 0x2000000, "time": 0x80}

def clone(flags):
    pid = call(220 if arm else 56, flags | 17, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return "made"

for name, flag in kinds.items():
    refused("unshare " + name, lambda: call(97 if arm else 272, flag))
    refused("unshare user and " + name, lambda: call(97 if arm else 272, flag | 0x10000000))
    if flag > 0x80:
        refused("clone " + name, lambda: clone(flag))
        refused("clone user and " + name, lambda: clone(flag | 0x10000000))
refused("clone3", lambda: call(435, None, 0))
for name in quietly(lambda: os.listdir("/proc/self/ns"), []):
    handle = quietly(lambda: os.open("/proc/self/ns/" + name, os.O_RDONLY), -1)
    refused("setns " + name, lambda: call(268 if arm else 308, handle, 0))
finish()
""",
)

_FOREIGN = Attack(
    "calls-of-another-architecture",
    Wall.SYSTEM_CALLS,
    _NUMBERS
    + r"""
import mmap
def run(machine_code):
    # A page that may be executed: if even that is refused, so much the better.
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(machine_code)
    at = ctypes.addressof(ctypes.c_char.from_buffer(page))
    pid = os.fork()
    if pid == 0:
        got = ctypes.CFUNCTYPE(ctypes.c_int)(at)()
        # Not a filter's answer, but the call's own: it was let in.
        os._exit(0 if got in (-errno.EPERM, -errno.EACCES, -errno.ENOSYS) else 77)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

tried += 1
if not arm:
    # keyctl(KEYCTL_GET_KEYRING_ID, 0, 0) by the gate of 32-bit programs; then by x32's numbers.
    gate = bytes.fromhex("53b82001000031db31c931d2cd805bc3")
    leak("int 0x80", quietly(lambda: run(gate)) == 77)
    number = (0x40000000 | 250).to_bytes(4, "little")
    leak("x32", quietly(lambda: run(b"\xb8" + number + bytes.fromhex("31ff31f631d20f05c3"))) == 77)
finish()
""",
    ends=ENDED | KILLED,
    says="",
)

_LOCKS = Attack(
    "a-thread-without-locks",
    Wall.SYSTEM_CALLS,
    r"""
leak("this thread", open_locks())
for thread in quietly(lambda: os.listdir("/proc/self/task"), []):
    told = open(f"/proc/self/task/{thread}/status").read().replace("\t", "")
    leak(f"thread {thread}", [lock for lock in ("NoNewPrivs:1", "Seccomp:2", "CapEff:" + "0" * 16)
                              if lock not in told])
found = []
started = threading.Thread(target=lambda: found.append(open_locks()))
started.start()
started.join()
leak("a new thread", found != [[]] and found)
pid = os.fork()
if pid == 0:
    os._exit(7 if open_locks() else 5)
leak("a child", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 5)
finish()
""",
)

_MEMORY_FILE = Attack(
    "run-a-program-from-memory",
    Wall.SYSTEM_CALLS,
    r"""
import shutil, subprocess
def from_memory():
    handle = os.memfd_create("tir")
    os.write(handle, open("/bin/true", "rb").read())
    return subprocess.run([f"/proc/self/fd/{handle}"], pass_fds=[handle]).returncode == 0
refused("memfd_create", from_memory)
for name in ("su", "sudo", "mount", "passwd", "newgrp", "pkexec", "ping", "newuidmap"):
    path = shutil.which(name)
    if path:
        code = f"import os,sys; os.execv({path!r}, [{name!r}, '--version'])"
        watched = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        tried += 1
done = subprocess.run([sys.executable, "-c", "import os; print(os.geteuid())"],
                      capture_output=True, text=True)
leak("another user after exec", done.stdout.strip() != str(os.geteuid()))
finish()
""",
    timeout=20.0,
    quick=False,
)

_TERMINAL = Attack(
    "type-into-our-terminal",
    Wall.SYSTEM_CALLS,
    r"""
import fcntl
for number in handles():
    attempt(f"type into descriptor {number}", lambda: fcntl.ioctl(number, 0x5412, b"\0"))
    attempt(f"paste into descriptor {number}", lambda: fcntl.ioctl(number, 0x541C, b"\2"))
    attempt(f"take the terminal {number}", lambda: fcntl.ioctl(number, 0x540E, 0))
attempt("the controlling terminal", lambda: os.open("/dev/tty", os.O_RDWR))
finish()
""",
)

CALLS = (_PRIVILEGED, _EXOTIC, _NAMESPACES, _FOREIGN, _LOCKS, _TERMINAL, _MEMORY_FILE)
