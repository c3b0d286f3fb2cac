"""Attempts to be heard outside: by name, by address, by any socket of this machine."""

from executors.attacks.attack import Attack
from executors.walls import Wall

_ADDRESSES = Attack(
    "connect-by-address",
    Wall.NETWORK,
    r"""
def connect(family, kind, address, protocol=0):
    with socket.socket(family, kind, protocol) as made:
        made.settimeout(1.0)
        made.connect(address)
        made.send(b"x")
        return "connected"

port = bait["port"]
for host in ("127.0.0.1", "0.0.0.0", "169.254.169.254", "8.8.8.8"):
    attempt("TCP " + host, lambda: connect(socket.AF_INET, socket.SOCK_STREAM, (host, port)))
for host in ("::1", "::ffff:127.0.0.1"):
    attempt("TCP " + host, lambda: connect(socket.AF_INET6, socket.SOCK_STREAM, (host, port)))
for name, protocol in (("MPTCP", 262), ("SCTP", 132), ("SMC", 256)):
    attempt(name, lambda: connect(
        socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", port), protocol))
fast_open = 0x20000000
attempt("without connecting", lambda: socket.socket().sendto(b"x", fast_open, ("127.0.0.1", port)))
finish()
""",
)

_DATAGRAMS = Attack(
    "send-datagrams",
    Wall.NETWORK,
    r"""
for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "8.8.8.8"),
                     (socket.AF_INET6, "::1")):
    attempt("UDP " + host, lambda: socket.socket(family, socket.SOCK_DGRAM).sendto(
        b"x", (host, bait["datagrams"])))
attempt("UDP-Lite", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 136).sendto(
    b"x", ("127.0.0.1", bait["datagrams"])))
attempt("ping", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1))
attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
finish()
""",
)

_NAMES = Attack(
    "connect-by-name",
    Wall.NETWORK,
    r"""
import urllib.request
attempt("DNS", lambda: socket.getaddrinfo("pypi.org", 443))
attempt("HTTP", lambda: urllib.request.urlopen(f"http://127.0.0.1:{bait['port']}/", timeout=1))
attempt("HTTPS", lambda: socket.create_connection(("pypi.org", 443), timeout=1))
finish()
""",
    timeout=10.0,
)

_LOCAL = Attack(
    "connect-to-local-sockets",
    Wall.NETWORK,
    r"""
def connect(address, kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_UNIX, kind) as made:
        made.settimeout(1.0)
        made.connect(address)
        return "connected"

attempt("abstract name", lambda: connect("\0" + bait["abstract"]))
for path in (bait["socket"], "/run/docker.sock", "/var/run/docker.sock",
             "/run/dbus/system_bus_socket", "/run/systemd/private", "/run/systemd/notify",
             "/run/containerd/containerd.sock", "/run/user/%d/bus" % os.getuid(),
             "/tmp/.X11-unix/X0", "/dev/log", "/run/nscd/socket"):
    attempt(path, lambda: connect(path))
    attempt(path, lambda: connect(path, socket.SOCK_DGRAM))
# A pair is connected from birth, but one of datagrams can be turned to somebody else. Whether the
# letter came there is for its receiver to say: one kind ignores the address, and reports success.
for path in (bait["letters"], bait["socket"], "\0" + bait["abstract"]):
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
        pair = quietly(lambda: socket.socketpair(socket.AF_UNIX, kind))
        if pair:
            quietly(lambda: pair[0].sendto(b"x", path))
            quietly(lambda: pair[0].sendmsg([b"x"], [], 0, path))
            attempt("a pair, turned", lambda: pair[0].connect(path))
attempt("abstract X", lambda: connect("\0/tmp/.X11-unix/X0"))
names = quietly(lambda: open("/proc/net/unix").read(), "")
leak("names of our sockets", [each for each in (bait["abstract"], bait["socket"]) if each in names])
finish()
""",
)

_FAMILIES = Attack(
    "open-every-kind-of-socket",
    Wall.NETWORK,
    r"""
for family in range(2, 48):
    for kind in (1, 2, 3, 5):
        attempt(f"family {family}, kind {kind}", lambda: socket.socket(family, kind, 0))
attempt("packets", lambda: socket.socket(17, 3, 0x0300))
attempt("netlink", lambda: socket.socket(16, 3, 0))
attempt("hypervisor", lambda: socket.socket(40, 1, 0))
attempt("kernel's cryptography", lambda: socket.socket(38, 5, 0))
attempt("a pair", lambda: socket.socketpair(socket.AF_INET))
finish()
""",
)

_SERVER = Attack(
    "listen",
    Wall.NETWORK,
    r"""
import http.server, socketserver
answer = http.server.BaseHTTPRequestHandler
attempt("a server", lambda: http.server.HTTPServer(("0.0.0.0", 0), answer))
attempt("a listener", lambda: socket.create_server(("127.0.0.1", 0)))
finish()
""",
)

_CHILD = Attack(
    "connect-from-a-child",
    Wall.NETWORK,
    r"""
import subprocess
code = "import socket,sys\ntry: socket.create_connection(('127.0.0.1', int(sys.argv[1])), 1); " \
       "print('BROKEN: connected')\nexcept OSError: print('no')"
done = subprocess.run([sys.executable, "-c", code, str(bait["port"])],
                      capture_output=True, text=True, timeout=20)
leak("the child", done.stdout.strip() != "no" and done.stdout + done.stderr)
finish()
""",
    timeout=20.0,
)

_DESCRIPTORS = Attack(
    "use-sockets-that-were-left-open",
    Wall.NETWORK,
    r"""
import stat
for number in handles():
    if not stat.S_ISSOCK(os.fstat(number).st_mode):
        continue
    with socket.socket(fileno=os.dup(number)) as found:
        leak("a socket of a network", found.family != socket.AF_UNIX and str(found))
        addresses = [str(quietly(found.getsockname, "")), str(quietly(found.getpeername, ""))]
        leak("our listener", [each for each in addresses if bait["token"] in each])
tried += 1
finish()
""",
)

_INSTALL = Attack(
    "install-a-package",
    Wall.NETWORK,
    r"""
import subprocess
done = subprocess.run([sys.executable, "-m", "pip", "download", "--no-deps", "--retries", "0",
                       "--timeout", "2", "cowsay"], capture_output=True, text=True, timeout=60)
leak("pip", done.returncode == 0 and done.stdout)
finish()
""",
    timeout=60.0,
    quick=False,
)

NETWORK = (
    _ADDRESSES,
    _DATAGRAMS,
    _NAMES,
    _LOCAL,
    _FAMILIES,
    _SERVER,
    _CHILD,
    _DESCRIPTORS,
    _INSTALL,
)
