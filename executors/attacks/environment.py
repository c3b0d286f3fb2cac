"""Attempts to see what the engine knows: variables, arguments, open files, keys in memory."""

from executors.attacks.attack import Attack
from executors.walls import Wall

_SEARCH = r"""
# The secret comes shifted by 77, or the search would find the program's own copy of it. What the
# search itself makes of memory is shifted once more, and so is no copy either.
import re
table = bytes((each + 77) % 256 for each in range(256))

def in_memory(shifted):
    for line in quietly(lambda: open("/proc/self/maps").read(), "").splitlines():
        span, rights, *rest = line.split()
        if not rights.startswith("r") or rest[-1] in ("[vvar]", "[vsyscall]", "[vvar_vclock]"):
            continue
        if not rights.startswith("rw") and len(rest) > 3:
            continue
        start, end = (int(each, 16) for each in span.split("-"))
        for at in range(start, end, 1 << 20):
            size = min((1 << 20) + len(shifted), end - at)
            try:
                memory.seek(at)
                chunk = memory.read(size)
            except (OSError, ValueError):
                continue
            if chunk.translate(table).find(shifted) >= 0:
                return f"at {at:#x} in {rest[3:]}"

try:
    memory = open("/proc/self/mem", "rb", buffering=0)
except OSError:
    class memory:
        def seek(at): memory.at = at
        def read(size): return ctypes.string_at(memory.at, size)
"""

_VARIABLES = Attack(
    "read-variables",
    Wall.ENVIRONMENT,
    r"""
import subprocess
name = bait["variable"]
leak("os.environ", name in os.environ)
own = quietly(lambda: open("/proc/self/environ", "rb").read(), b"")
leak("its own /proc", name.encode() in own)
leak("arguments", [text for text in sys.argv + sys.orig_argv if bait["token"] in text])
leak("a child", name in subprocess.run(["env"], capture_output=True, text=True).stdout)
for pid in {*pids(), 1, os.getppid(), bait["engine"]} - {os.getpid()}:
    for file in ("environ", "cmdline", "maps", "mem", "fd", "cwd", "root", "auxv"):
        path = f"/proc/{pid}/{file}"
        if file in ("cwd", "root"):
            attempt(path, lambda: os.readlink(path))
        elif file == "fd":
            attempt(path, lambda: os.listdir(path))
        elif file == "environ":
            leak(path, name.encode() in quietly(lambda: open(path, "rb").read(), b""))
        elif pid == bait["engine"] and pid not in pids():
            attempt(path, lambda: read(path))
for key in os.environ:
    leak(key, any(word in key.upper() for word in ("SECRET", "TOKEN", "PASSWORD", "API_KEY")))
finish()
""",
)

_MEMORY = Attack(
    "search-memory-for-our-secret",
    Wall.ENVIRONMENT,
    _SEARCH
    + r"""
leak("the secret variable", in_memory(bytes.fromhex(bait["shifted"])))
finish()
""",
    timeout=30.0,
    quick=False,
)

_HANDLES = Attack(
    "read-inherited-descriptors",
    Wall.ENVIRONMENT,
    r"""
import stat
harmless = ("pipe:", "socket:", "anon_inode:", "/dev/null", "/dev/urandom", "/memfd:", "/proc/",
            "/dev/pts", "/dev/ptmx", os.getcwd(), "/usr/", sys.prefix, sys.base_prefix)
for number in handles():
    end = aim(number)
    leak(f"descriptor {number}", not end.startswith(harmless) and end)
    leak("a handle of a process", end == "anon_inode:[pidfd]" and end)
    # A file that can be read: a key's, an error log's, whatever the warm process had open.
    if end.startswith("/memfd:") or stat.S_ISREG(os.fstat(number).st_mode):
        leak(end or f"file {number}", quietly(lambda: os.pread(number, 4096, 0)))
finish()
""",
)

_OTHERS_KEY = Attack(
    "search-memory-for-another-session's-key",
    Wall.ENVIRONMENT,
    _SEARCH
    + r"""
leak("the key by which a neighbour's messages are signed", in_memory(bytes(bait["victim"])))
finish()
""",
    victim=r"""
key = bytes(get_ipython().kernel.session.key)
print([(each + 77) % 256 for each in key])
""",
    timeout=30.0,
    quick=False,
)

_OWN_SECRETS = Attack(
    "find-secrets-of-a-neighbour",
    Wall.ENVIRONMENT,
    r"""
victim = bait["victim"]
for path in victim["files"]:
    if not os.path.dirname(path) == os.getcwd() or os.path.exists(path):
        attempt(path, lambda: read(path))
leak("variable", victim["variable"] in os.environ)
leak("module", hasattr(sys, victim["variable"]) or hasattr(os, victim["variable"]))
finish()
""",
    victim=r"""
import json, tempfile
name = bait["token"].upper()
os.environ[name] = "neighbour"
setattr(sys, name, 1)
files = [os.path.abspath(bait["token"] + ".txt"), "/dev/shm/" + bait["token"]]
files.append(tempfile.mkstemp(prefix=bait["token"])[1])
for path in files:
    quietly(lambda: open(path, "w").write("of the neighbour"))
print(json.dumps({"files": files, "variable": name}))
""",
)

ENVIRONMENT = (_VARIABLES, _HANDLES, _OWN_SECRETS, _MEMORY, _OTHERS_KEY)
