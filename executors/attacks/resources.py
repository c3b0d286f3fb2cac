"""Attempts to take more than a share of processes and of the disk."""

from executors.attacks.attack import ENDED, KILLED, Attack
from executors.walls import Wall

_FORKS = Attack(
    "fork-bomb",
    Wall.TASKS,
    r"""
most, count = 4 * bait["tasks"], 0
try:
    while count < most:
        pid = os.fork()
        if pid == 0:
            time.sleep(60)
            os._exit(0)
        count += 1
except OSError:
    pass
leak("processes", count >= most and count)
finish()
""",
    ends=ENDED | KILLED,
    says="",
    timeout=20.0,
    keeps=False,
)

_TREE = Attack(
    "fork-bomb-that-forks",
    Wall.TASKS,
    r"""
import signal
reader, writer = os.pipe()
until = time.monotonic() + 1.0
def breed(depth):
    while time.monotonic() < until:
        try:
            if os.fork() == 0:
                os.setsid()
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                os.write(writer, b"x")
                if depth < 9:
                    breed(depth + 1)
                time.sleep(60)
                os._exit(0)
        except OSError:
            time.sleep(0.05)
        if depth == 0 and os.fstat(reader) and len(born) > 4 * bait["tasks"]:
            break
        if depth == 0:
            quietly(lambda: born.extend(os.read(reader, 4096)))
        elif depth > 2:
            time.sleep(0.02)
born = []
os.set_blocking(reader, False)
breed(0)
quietly(lambda: born.extend(os.read(reader, 65536)))
leak("processes ever", len(born) > 2 * bait["tasks"] and len(born))
finish()
""",
    ends=ENDED | KILLED,
    says="",
    timeout=20.0,
    keeps=False,
    quick=False,
)

_THREADS = Attack(
    "thread-bomb",
    Wall.TASKS,
    r"""
most, count = 4 * bait["tasks"], 0
stop = threading.Event()
try:
    while count < most:
        threading.Thread(target=stop.wait, args=(60,), daemon=True).start()
        count += 1
except RuntimeError:
    pass
leak("threads", count >= most and count)
stop.set()
finish()
""",
    ends=ENDED | KILLED,
    says="",
    timeout=20.0,
    keeps=False,
)

_ZOMBIES = Attack(
    "zombies",
    Wall.TASKS,
    r"""
most, count = 4 * bait["tasks"], 0
try:
    while count < most:
        if os.fork() == 0:
            os._exit(0)
        count += 1
except OSError:
    pass
leak("zombies", count >= most and count)
finish()
""",
    ends=ENDED | KILLED,
    says="",
    timeout=20.0,
    keeps=False,
)

_ONE_FILE = Attack(
    "one-large-file",
    Wall.DISK,
    r"""
taken = 0
try:
    with open("large", "wb", buffering=0) as file:
        while taken < 2 * bait["disk"]:
            taken += file.write(b"x" * (1 << 18))
except OSError:
    pass
leak("a large file", taken > bait["disk"] and taken)
attempt("in advance", lambda: os.posix_fallocate(os.open(
    "more", os.O_CREAT | os.O_WRONLY), 0, 2 * bait["disk"]))
finish()
""",
    ends=ENDED | KILLED,
    says="",
    timeout=20.0,
    keeps=False,
)

_MANY_FILES = Attack(
    "many-files-that-are-large-together",
    Wall.DISK,
    r"""
import tempfile
taken = 0
for folder in (".", tempfile.gettempdir()):
    try:
        for number in range(64):
            with open(f"{folder}/f{number}", "wb", buffering=0) as file:
                for _ in range(max(1, bait["disk"] // 32 >> 16)):
                    taken += file.write(b"x" * 65536)
    except OSError:
        pass
leak("many files", taken > bait["disk"] * 1.1 and taken)
finish()
""",
    ends=ENDED | KILLED,
    says="",
    timeout=20.0,
    keeps=False,
)

_INODES = Attack(
    "many-empty-files",
    Wall.DISK,
    r"""
count = 0
try:
    while count < 4 * bait["files"]:
        os.close(os.open(f"i{count}", os.O_CREAT | os.O_WRONLY))
        count += 1
except OSError:
    pass
leak("files", count > bait["files"] * 1.1 and count)
finish()
""",
    ends=ENDED | KILLED,
    says="",
    timeout=20.0,
    keeps=False,
)

_SHARED_DISK = Attack(
    "files-in-shared-memory",
    Wall.DISK,
    r"""
taken = 0
for folder in ("/dev/shm", "/run", "/var/tmp", "/dev/mqueue"):
    try:
        with open(folder + "/" + bait["token"], "wb", buffering=0) as file:
            while taken < 4 * bait["disk"]:
                taken += file.write(b"x" * (1 << 18))
    except OSError:
        pass
    quietly(lambda: os.unlink(folder + "/" + bait["token"]))
leak("shared memory", taken > 2 * bait["disk"] and taken)
finish()
""",
    ends=ENDED | KILLED,
    says="",
    timeout=20.0,
    keeps=False,
)

_UNREMOVABLE = Attack(
    "files-that-cannot-be-removed",
    Wall.DISK,
    r"""
import tempfile
os.makedirs("locked/inner", exist_ok=True)
open("locked/inner/file", "w").close()
os.chmod("locked/inner", 0)
os.chmod("locked", 0)
open("name\n\x1b[2J\udcff", "w").close()
here = os.getcwd()
try:
    for _ in range(min(1500, bait["files"] // 2)):
        os.mkdir("d")
        os.chdir("d")
except OSError:
    pass
os.chdir(here)
os.chmod(here, 0o500)
os.chmod(tempfile.gettempdir(), 0o500)
tried += 1
finish()
""",
    keeps=False,
)

RESOURCES = (
    _FORKS,
    _THREADS,
    _ZOMBIES,
    _ONE_FILE,
    _MANY_FILES,
    _INODES,
    _SHARED_DISK,
    _UNREMOVABLE,
    _TREE,
)
