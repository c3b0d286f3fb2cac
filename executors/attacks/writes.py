"""Attempts to leave something behind: in the system, in packages, in what we run next."""

from executors.attacks.attack import Attack
from executors.walls import Wall

_SYSTEM = Attack(
    "write-the-system",
    Wall.WRITES,
    r"""
name = bait["token"]

def create(folder):
    path = os.path.join(folder, name)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    os.unlink(path)
    return "created a file"

folders = {"/", "/usr", "/usr/lib", "/usr/local", "/etc", "/etc/cron.d", "/var", "/var/tmp",
           "/opt", "/srv", "/mnt", "/boot", "/root", "/home", "/dev", "/run", "/lib", "/bin",
           "/proc", "/sys", "/sys/fs/cgroup", bait["home"], bait["folder"], sys.prefix,
           sys.base_prefix, *(os.path.dirname(path) for path in bait["secrets"])}
folders -= {"/tmp", os.getcwd()}
for folder in sorted(folders):
    attempt(folder, lambda: create(folder))
    attempt("directory in " + folder, lambda: os.rmdir(os.mkdir(f"{folder}/{name}") or
                                                        f"{folder}/{name}"))
    attempt("socket in " + folder, lambda: socket.socket(socket.AF_UNIX).bind(f"{folder}/{name}"))
    attempt("link in " + folder, lambda: os.symlink("/", f"{folder}/{name}"))
finish()
""",
)

_SECRETS = Attack(
    "change-our-files",
    Wall.WRITES,
    r"""
for path in bait["secrets"]:
    attempt("open", lambda: writable(path))
    attempt("truncate", lambda: os.truncate(path, 1))
    attempt("unlink", lambda: os.unlink(path))
    attempt("rename", lambda: os.rename(path, path + "-"))
    attempt("rmdir", lambda: os.rmdir(os.path.dirname(path)))
finish()
""",
)

_MARKS = Attack(
    "change-permissions-of-our-files",
    Wall.WRITES,
    r"""
# A call that does nothing and reports success would do as well: what counts is what came of it.
for path in bait["secrets"]:
    changes = [lambda: os.chmod(path, 0o777), lambda: os.utime(path, (1, 1)),
               lambda: os.chown(path, os.getuid(), os.getgid()), lambda: os.utime(path),
               lambda: os.setxattr(path, "user.tir", b"1"),
               lambda: os.chmod(os.path.dirname(path), 0o777)]
    for flags in (os.O_PATH, os.O_RDONLY):
        handle = quietly(lambda: os.open(path, flags))
        if handle is not None:
            changes += [lambda fd=handle: os.chmod(f"/proc/self/fd/{fd}", 0o777),
                        lambda fd=handle: os.fchmod(fd, 0o777),
                        lambda fd=handle: os.utime(fd, (1, 1))]
    before = quietly(lambda: os.stat(path))
    for change in changes:
        quietly(change)
    leak("extended attribute", quietly(lambda: os.getxattr(path, "user.tir")))
    leak("mode or time", before and (before.st_mode, before.st_mtime) != (
        os.stat(path).st_mode, os.stat(path).st_mtime))
# Its own interpreter, if it is this user's.
library = os.__file__
before = quietly(lambda: os.stat(library))
handle = quietly(lambda: os.open(library, os.O_RDONLY), -1)
for change in (lambda: os.chmod(library, before.st_mode ^ 0o100),
               lambda: os.fchmod(handle, before.st_mode ^ 0o100)):
    quietly(change)
after = quietly(lambda: os.stat(library))
leak("mode of a library", before and before.st_mode != after.st_mode)
quietly(lambda: os.chmod(library, before.st_mode))
finish()
""",
)

_PACKAGES = Attack(
    "poison-packages",
    Wall.WRITES,
    r"""
import json, site, sympy, ipykernel
modules = [sys.modules[name] for name in ("os", "json", "sympy", "ipykernel", "site")]
modules += [each for name, each in sys.modules.items() if name.split(".")[0] == "executors"]
files = {each.__file__ for each in modules if getattr(each, "__file__", None)}
files |= {each.__cached__ for each in modules if getattr(each, "__cached__", None)}
files |= {sys.executable, os.path.realpath(sys.executable), libc._name or "/usr/lib/os-release"}
for path in sorted(files):
    folder = os.path.dirname(path)
    attempt("open " + path, lambda: writable(path))
    attempt("replace " + path, lambda: os.rename(path, path))
    for name in ("sitecustomize.py", "__pycache__/" + bait["token"], bait["token"] + ".pth"):
        attempt(f"{folder}/{name}", lambda: os.open(
            f"{folder}/{name}", os.O_CREAT | os.O_EXCL | os.O_WRONLY))
finish()
""",
)

_KNOBS = Attack(
    "turn-knobs-of-the-system",
    Wall.WRITES,
    r"""
knobs = ["/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname",
         "/proc/sys/kernel/modprobe", "/proc/sys/kernel/panic", "/proc/sys/vm/drop_caches",
         "/proc/sys/vm/overcommit_memory", "/proc/sys/fs/binfmt_misc/register",
         "/proc/sys/kernel/randomize_va_space", "/proc/sys/kernel/yama/ptrace_scope",
         "/proc/sys/user/max_user_namespaces", "/proc/sys/net/ipv4/ip_forward",
         "/proc/sys/kernel/ns_last_pid", "/proc/irq/default_smp_affinity", "/proc/mtrr",
         "/sys/power/state", "/sys/kernel/uevent_helper", "/sys/kernel/mm/ksm/run",
         "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/pids.max",
         "/sys/module/kernel/parameters/panic", "/proc/self/uid_map", "/proc/self/gid_map",
         "/proc/self/setgroups", "/dev/kmsg", "/dev/mem"]
for path in knobs:
    if path.endswith("_map") or path.endswith("setgroups"):
        attempt(path, lambda: os.write(os.open(path, os.O_WRONLY), b"0 0 1\n"))
    else:
        attempt(path, lambda: writable(path))
attempt("raise the limit of files", lambda: __import__("resource").setrlimit(
    __import__("resource").RLIMIT_NOFILE, (1 << 20, 1 << 20)), ValueError)
score = "/proc/self/oom_score_adj"
attempt("less likely to be killed", lambda: os.write(os.open(score, os.O_WRONLY), b"-1000"))
finish()
""",
)

_HANDLES = Attack(
    "write-through-open-files",
    Wall.WRITES,
    r"""
import stat
for number in handles():
    kind, end = os.fstat(number).st_mode, aim(number)
    own = end.startswith((os.getcwd(), "/tmp", "/dev/null", "/memfd:", "/dev/pts"))
    if stat.S_ISREG(kind) and not own:
        attempt(end, lambda: writable(f"/proc/self/fd/{number}"))
        attempt(end, lambda: os.ftruncate(number, os.fstat(number).st_size))
    if stat.S_ISDIR(kind) and not own:
        attempt(end, lambda: os.close(os.open(
            bait["token"], os.O_CREAT | os.O_WRONLY, dir_fd=number)))
mapped = [line.split() for line in quietly(lambda: open("/proc/self/maps").readlines(), [])]
shared = [each[-1] for each in mapped if each[1].startswith("rw") and each[1].endswith("s")]
leak("memory shared with somebody", [each for each in shared if "zmq" not in each])
finish()
""",
)

_TEMPORARY = Attack(
    "fill-shared-temporary-directories",
    Wall.WRITES,
    r"""
for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run/user/%d" % os.getuid(), "/run/lock"):
    quietly(lambda: open(os.path.join(folder, bait["token"]), "x").close())
tried += 1
finish()
""",
)

WRITES = (_SYSTEM, _SECRETS, _MARKS, _PACKAGES, _KNOBS, _HANDLES, _TEMPORARY)
