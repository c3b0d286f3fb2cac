"""Attempts to read what is not the session's: the user's files, and the machine's."""

from executors.attacks.attack import Attack
from executors.walls import Wall

_DIRECT = Attack(
    "read-secrets",
    Wall.FILES,
    r"""
for path in bait["secrets"]:
    attempt(path, lambda: read(path))
    attempt("directory of " + path, lambda: os.listdir(os.path.dirname(path)).index(
        os.path.basename(path)), ValueError)
for path in ("/etc/shadow", "/etc/sudoers", "/etc/machine-id", "/etc/hostname",
             "/etc/ssh/ssh_host_ed25519_key", "/var/log/syslog", "/root/.bash_history"):
    attempt(path, lambda: read(path))
leak("accounts", b"root:" in quietly(lambda: read("/etc/passwd"), b""))
for name in (".ssh", ".netrc", ".gitconfig", ".bash_history", ".aws/credentials",
             ".cache/huggingface/token", ".config"):
    path = os.path.join(bait["home"], name)
    attempt(path, lambda: os.listdir(path) if os.path.isdir(path) else read(path))
finish()
""",
)

_BY_PROC = Attack(
    "read-through-proc",
    Wall.FILES,
    r"""
for path in bait["secrets"]:
    for root in ("/proc/self/root", "/proc/1/root", f"/proc/{bait['engine']}/root",
                 "/proc/self/cwd" + "/.." * 40, "/proc/1/cwd" + "/.." * 40,
                 "/proc/thread-self/root", "/proc/self/task/%d/root" % os.getpid()):
        attempt(root + path, lambda: read(root + path))
finish()
""",
)

_CLIMB = Attack(
    "climb-out-of-the-root",
    Wall.FILES,
    r"""
def climb(start):
    handle = os.dup(start)
    for _ in range(60):
        upper = os.open("..", os.O_PATH | os.O_DIRECTORY, dir_fd=handle)
        os.close(handle)
        handle = upper
    return handle

starts = [os.open(".", os.O_PATH)]
import stat
starts += [each for each in handles() if stat.S_ISDIR(os.fstat(each).st_mode)]
for start in starts:
    for path in bait["secrets"]:
        attempt(f"{path} from descriptor {start}", lambda: os.read(os.open(
            path.lstrip("/"), os.O_RDONLY, dir_fd=climb(start)), 100))
        attempt(f"{path} by climbing", lambda: read("../" * 60 + path.lstrip("/")))
finish()
""",
)

_LINKS = Attack(
    "read-through-links",
    Wall.FILES,
    r"""
for number, path in enumerate(bait["secrets"]):
    soft, hard, folder = f"soft{number}", f"hard{number}", f"folder{number}"
    os.symlink(path, soft)
    attempt("soft link", lambda: read(soft))
    os.symlink(os.path.dirname(path), folder)
    attempt("link to directory", lambda: read(folder + "/" + os.path.basename(path)))
    attempt("hard link", lambda: os.link(path, hard))
    attempt("renamed", lambda: os.rename(path, f"moved{number}"))
finish()
""",
)

_WALK = Attack(
    "search-the-whole-tree",
    Wall.FILES,
    r"""
until, seen = time.monotonic() + 1.0, []
for folder, folders, names in os.walk("/"):
    if folder == "/":
        folders[:] = [each for each in folders if each not in ("proc", "sys", "usr", "lib")]
    seen += [os.path.join(folder, each) for each in names if bait["token"] in each]
    if time.monotonic() > until:
        break
for path in seen:
    attempt(path, lambda: read(path))
tried += 1
finish()
""",
)

_MACHINE = Attack(
    "read-the-machine",
    Wall.FILES,
    r"""
for path in ("/proc/kcore", "/proc/kmsg", "/dev/kmsg", "/dev/mem", "/dev/kmem", "/dev/port",
             "/proc/keys", "/proc/key-users", "/proc/slabinfo", "/proc/vmallocinfo",
             "/proc/sched_debug", "/proc/timer_list", "/proc/1/mem", "/proc/1/environ",
             "/sys/class/dmi/id/product_serial", "/sys/class/dmi/id/product_uuid",
             "/sys/class/dmi/id/sys_vendor", "/sys/kernel/debug", "/sys/kernel/tracing/trace",
             "/sys/firmware/acpi/tables/DSDT", "/sys/fs/cgroup/cgroup.procs",
             "/sys/kernel/vmcoreinfo", "/sys/kernel/notes"):
    if path.startswith("/proc/1/") and os.getpid() == 1:
        continue
    attempt(path, lambda: os.listdir(path) if os.path.isdir(path) else read(path) or 1 / 0,
            ZeroDivisionError)
interfaces = quietly(lambda: os.listdir("/sys/class/net"), [])
leak("network interfaces", [each for each in interfaces if each != "lo"])
addresses = quietly(lambda: read("/proc/kallsyms"), b"").split(b"\n")
leak("kernel addresses", [each for each in addresses[:20] if each[:1].strip(b"0")])
finish()
""",
)

_DEVICES = Attack(
    "open-devices",
    Wall.FILES,
    r"""
harmless = {"null", "zero", "full", "random", "urandom", "ptmx", "shm", "pts", "fd",
            "stdin", "stdout", "stderr", "mqueue", "core"}
for name in quietly(lambda: os.listdir("/dev"), []):
    if name not in harmless:
        attempt("/dev/" + name, lambda: os.open("/dev/" + name, os.O_RDONLY | os.O_NONBLOCK))
for name in ("tty", "tty0", "tty1", "console", "ttyS0", "fuse", "kvm", "vda", "sda", "nvme0n1",
             "loop0", "loop-control", "net/tun", "vhost-net", "vsock", "userfaultfd", "uinput",
             "mapper/control", "dri/card0", "nvidia0", "snapshot", "btrfs-control"):
    attempt("/dev/" + name, lambda: os.open("/dev/" + name, os.O_RDONLY | os.O_NONBLOCK))
for number in (0, 1, 2):
    leak("a terminal", quietly(lambda: os.ttyname(number)))
attempt("a device of our own", lambda: os.mknod("disk", 0o60600, os.makedev(254, 0)))
finish()
""",
)

_HANDLE = Attack(
    "open-by-inode",
    Wall.FILES,
    r"""
arm = platform.machine() == "aarch64"
handle = ctypes.create_string_buffer((8).to_bytes(4, "little") + (1).to_bytes(4, "little")
                                     + (2).to_bytes(4, "little") + bytes(4), 128)
here = os.open(".", os.O_RDONLY)
refused("open_by_handle_at", lambda: call(265 if arm else 304, here, handle, os.O_RDONLY))
finish()
""",
)

_CHILD = Attack(
    "read-from-a-child",
    Wall.FILES,
    r"""
import subprocess
code = "import sys\nfor path in sys.argv[1:]:\n  try: print('BROKEN:', open(path).read()[:50])\n" \
       "  except OSError: print('no')"
done = subprocess.run([sys.executable, "-c", code, *bait["secrets"], "/etc/shadow"],
                      capture_output=True, text=True, timeout=20)
print(done.stdout)
leak("the child failed", done.stderr)
leak("attempts of the child", done.stdout.count("no") != len(bait["secrets"]) + 1)
finish()
""",
    timeout=20.0,
)

FILES = (_DIRECT, _BY_PROC, _CLIMB, _LINKS, _WALK, _MACHINE, _DEVICES, _HANDLE, _CHILD)
