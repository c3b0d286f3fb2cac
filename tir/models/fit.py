"""Whether a model fits into this machine's memory, and on which device and in which numbers.

torch is imported only where it has to be asked: if an accelerator may be there.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

from tir.errors import BadInput, EnvironmentFailed, ModelBroken, ModelDoesNotFit, ModelNotFound
from tir.models.catalog import (
    CATALOG,
    CONFIG,
    MINI,
    Entry,
    Located,
    locate,
    read_json,
    size_text,
    tensors,
)

WIDTHS = {"float32": 4, "bfloat16": 2, "float16": 2}
"""Bytes of one number."""

FLOATS = frozenset({"F64", "F32", "F16", "BF16"})
"""safetensors dtypes that are cast when a model is loaded; packed integers stay as they are."""

WORKSPACE = 0.15
"""Memory beyond weights and KV cache, as a share of both: logits in float32 over a vocabulary
of 152 064, activations of a prefill, the copy made when a cache grows, and what an allocator
cannot reuse. Python and torch themselves are not counted."""

BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})
"""In /proc/cpuinfo of x86, x86, Arm. Without one, bfloat16 is emulated: slower than float32."""

ACCELERATOR_FILES = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")
"""Present only with a driver for NVIDIA cards, GPUs under WSL, AMD cards."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What a model needs on a device, against what is free there. Bytes."""

    name: str
    device: str
    dtype: str
    context: int
    """Tokens of each trajectory, at most."""
    trajectories: int
    weight_bytes: int
    cache_bytes: int
    """Keys and values of all trajectories at full length."""
    free_bytes: int

    @property
    def needs_bytes(self) -> int:
        """Weights, cache and workspace."""
        return round((self.weight_bytes + self.cache_bytes) * (1 + WORKSPACE))

    @property
    def fits(self) -> bool:
        return self.needs_bytes <= self.free_bytes


def estimate(
    model: Located | Entry,
    *,
    device: str,
    dtype: str,
    context: int,
    trajectories: int = 1,
    free: int | None = None,
) -> Fit:
    """The memory a model needs, with that many trajectories in the cache at once.

    A context longer than the model's own counts as the model's own.
    Exact tensor sizes for a located model, published sizes for an entry. `free` replaces the
    measured free bytes. Raises BadInput for an unknown device or dtype, EnvironmentFailed if
    the device is not there, ModelBroken if the weights cannot be read.
    """
    if dtype not in WIDTHS:
        raise BadInput(
            f"there is no number format {dtype}.",
            why=f"Known: {', '.join(WIDTHS)}.",
            hint="tir models list",
        )
    width = WIDTHS[dtype]
    if isinstance(model, Entry):
        weights = model.parameters * width
        layers, kv_heads, head_dim = model.layers, model.kv_heads, model.head_dim
        context = min(context, model.context)
    else:
        weights = sum(
            elements * width if kind in FLOATS else stored
            for kind, elements, stored in tensors(model.path)
        )
        layers, kv_heads, head_dim, longest = cache_shape(model.path)
        context = min(context, longest or context)
    return Fit(
        name=model.name,
        device=device,
        dtype=dtype,
        context=context,
        trajectories=trajectories,
        weight_bytes=weights,
        cache_bytes=2 * layers * kv_heads * head_dim * width * context * trajectories,
        free_bytes=free_bytes(device) if free is None else free,
    )


def cache_shape(path: Path) -> tuple[int, int, int, int]:
    """Layers, key-value heads, their width, and the longest context; 0 for what the config hides.

    That is when it does not use the names which Qwen, Llama, Mistral and their like share.
    """
    config = read_json(path / CONFIG)
    heads = int(config.get("num_attention_heads") or 0)
    kv_heads = int(config.get("num_key_value_heads") or heads)
    head_dim = int(config.get("head_dim") or int(config.get("hidden_size") or 0) // max(1, heads))
    layers = int(config.get("num_hidden_layers") or 0)
    return layers, kv_heads, head_dim, int(config.get("max_position_embeddings") or 0)


def require(fit: Fit) -> None:
    """Raises ModelDoesNotFit, naming what would fit instead, unless it fits."""
    if fit.fits:
        return
    what = (
        f"{fit.name} does not fit: it needs about {size_text(fit.needs_bytes)}, "
        f"{fit.device} has {size_text(fit.free_bytes)} free."
    )
    single = round((fit.weight_bytes + fit.cache_bytes / fit.trajectories) * (1 + WORKSPACE))
    if single <= fit.free_bytes:
        raise ModelDoesNotFit(
            what,
            why=f"With one trajectory at a time it needs about {size_text(single)} and fits.",
            hint=f'tir solve -m {fit.name} -n 1 "..."',
        )
    for entry in reversed(CATALOG):
        smaller = estimate(
            entry,
            device=fit.device,
            dtype=fit.dtype,
            context=fit.context,
            trajectories=fit.trajectories,
            free=fit.free_bytes,
        )
        if smaller.needs_bytes < fit.needs_bytes and smaller.fits:
            raise ModelDoesNotFit(
                what,
                why=f"{entry.name} needs about {size_text(smaller.needs_bytes)} and fits.",
                hint=f'tir solve -m {entry.name} "..."'
                if _is_here(entry)
                else f"tir models pull {entry.name}",
            )
    raise ModelDoesNotFit(
        what, why="No smaller model fits either.", hint="close other programs, then tir doctor"
    )


def _is_here(entry: Entry) -> bool:
    try:
        locate(entry.name)
    except (ModelNotFound, ModelBroken):
        return False
    return True


def choose_device() -> str:
    """`cuda`, `mps` or `cpu`: the fastest that torch can use here."""
    if not accelerator_possible():
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def accelerator_possible() -> bool:
    """Whether it is worth importing torch to ask for one."""
    return sys.platform != "linux" or any(Path(file).exists() for file in ACCELERATOR_FILES)


def choose_dtype(device: str, name: str | None = None) -> str:
    """The number format to load a model in; `name` is that of a located model.

    `mini` on a CPU is so small that float32 costs nothing, and gives the same tokens everywhere.
    """
    if device == "auto":
        device = choose_device()
    if device.startswith("cuda"):
        import torch

        native = torch.cuda.is_bf16_supported(including_emulation=False)
        return "bfloat16" if native else "float16"
    if device == "mps":
        return "float16"
    return "bfloat16" if name != MINI.name and cpu_has_bf16() else "float32"


def cpu_has_bf16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether this CPU multiplies bfloat16 in hardware; False where there is no such file."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    return any(
        BF16_FLAGS.intersection(line.partition(":")[2].split())
        for line in lines
        if line.startswith(("flags", "Features"))
    )


def free_bytes(device: str) -> int:
    """Memory that a model could take on the device now.

    Raises BadInput for an unknown device, EnvironmentFailed if it is not there.
    """
    if device == "auto":
        return _free_everywhere()
    if device == "cpu":
        available = int(psutil.virtual_memory().available)
        limit = cgroup_free()
        return available if limit is None else min(available, limit)
    if device != "mps" and device.partition(":")[0] != "cuda":
        raise BadInput(
            f"there is no device {device}.",
            why="Known: auto, cpu, cuda, cuda:N, mps.",
            hint="tir doctor",
        )
    import torch

    missing = EnvironmentFailed(
        f"this machine has no device {device}.", why="torch cannot use it.", hint="tir doctor"
    )
    if device == "mps":
        if not torch.backends.mps.is_available():
            raise missing
        room = torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
        # The memory is shared with everything else that runs.
        return min(room, int(psutil.virtual_memory().available))
    if not torch.cuda.is_available():
        raise missing
    try:
        # The call itself creates the CUDA context, so its memory is already taken off.
        return int(torch.cuda.mem_get_info(device)[0])
    except (RuntimeError, ValueError, AssertionError) as error:
        raise missing from error


def _free_everywhere() -> int:
    """Of all CUDA devices together; of the main memory where there is none."""
    if choose_device() != "cuda":
        return free_bytes(choose_device())
    import torch

    return sum(free_bytes(f"cuda:{number}") for number in range(torch.cuda.device_count()))


def cgroup_free(
    membership: Path = Path("/proc/self/cgroup"), mount: Path = Path("/sys/fs/cgroup")
) -> int | None:
    """What the tightest memory limit above this process leaves; None without one.

    Knows cgroups v1, v2 and both at once. In a container the path in `membership` may be the
    host's and not exist; the walk to the mount's top then still finds the container's limit.
    """
    try:
        lines = membership.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    rooms = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            top, names = mount, ("memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            top = mount / "memory"
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        else:
            continue
        folder = top / path.lstrip("/")
        for level in (folder, *folder.parents):
            room = _room(level, *names)
            if room is not None:
                rooms.append(room)
            if level == top:
                break
    return min(rooms, default=None)


def _room(folder: Path, limit: str, usage: str, cached: str) -> int | None:
    """Limit less usage, but for file pages that the kernel would give back; None if unlimited."""
    try:
        bound = (folder / limit).read_text().strip()
        if bound == "max":
            return None
        used = int((folder / usage).read_text())
        stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    except OSError:
        return None
    return max(0, int(bound) - used + int(stat.get(cached, 0)))
