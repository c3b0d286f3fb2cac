"""A problem from a photo or a recording, as text: by a model here or on an endpoint.

What is read is a proposal: the caller shows it to the person before it is solved. The file is
checked before any model sees it, and a picture is decoded and drawn anew, so that neither its
metadata nor what hides behind its pixels goes anywhere.
"""

import base64
import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tir.errors import BadInput, EndpointFailed, EnvironmentFailed
from tir.models.options import LoadOptions
from tir.policy import QUESTION_LIMIT

if TYPE_CHECKING:
    from PIL.Image import Image

READER = "Qwen/Qwen2.5-VL-3B-Instruct"
"""The vision model that is looked for where none is named."""
INSTRUCTION = (
    "Transcribe the mathematical problem exactly as it stands, formulas in LaTeX between dollar"
    " signs. Do not solve it. Write nothing but the problem."
)
LARGEST = 20 << 20
"""Bytes of a file."""
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 2048
"""Pixels. More than a page of print needs; servers charge by them."""
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
_SECONDS = 180.0


def read_image(file: str) -> "Image":
    """The picture in a file, upright, in colours, of moderate size.

    Raises:
        BadInput: there is no such file, it is no picture, or too large.
        EnvironmentFailed: Pillow is not installed.
    """
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError as error:
        raise EnvironmentFailed(
            "images cannot be read.", why="Pillow is not installed.", hint="pip install pillow"
        ) from error
    data = _bytes(file)
    try:
        with warnings.catch_warnings():
            # Pillow warns of bombs only past its own limit; ours is asked before decoding.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(data), formats=_FORMATS)
            if opened.width * opened.height > MOST_PIXELS:
                raise _too_large(file, f"{opened.width} x {opened.height} pixels")
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except UnidentifiedImageError as error:
        raise BadInput(
            f"{file!r} is no image.",
            why=f"It is none of {', '.join(_FORMATS)}.",
            hint="tir solve --image photo.png",
        ) from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadInput(
            f"the image {file!r} is damaged.", why=f"{error}.", hint="another copy of it"
        ) from error
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return picture


def read_audio(file: str) -> tuple[str, str]:
    """A recording as base64, and its format, `wav` or `mp3`.

    Raises:
        BadInput: there is no such file, it is no recording, or too large.
    """
    data = _bytes(file)
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        kind = "wav"
    elif data[:3] == b"ID3" or (len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0):
        kind = "mp3"
    else:
        raise BadInput(
            f"{file!r} is no recording.",
            why="It is neither WAV nor MP3.",
            hint=f"ffmpeg -i {file} a.wav",
        )
    return base64.b64encode(data).decode("ascii"), kind


def transcribe_image(file: str, *, reader: str | None, options: LoadOptions) -> str:
    """The problem in a picture, read by a model on the endpoint, or by one here.

    Raises:
        BadInput: the file is no usable picture, or nothing was read.
        EnvironmentFailed: the model cannot be had, or the server does not answer.
    """
    picture = read_image(file)
    if options.endpoint is not None:
        packed = io.BytesIO()
        picture.save(packed, "PNG")
        url = f"data:image/png;base64,{base64.b64encode(packed.getvalue()).decode('ascii')}"
        return _asked({"type": "image_url", "image_url": {"url": url}}, reader, options, file)
    from tir.models.catalog import locate
    from tir.models.fit import choose_device
    from tir.models.vision import VisionReader

    located = locate(reader or READER)
    device = options.device or choose_device()
    dtype = options.dtype or ("float32" if device == "cpu" else "bfloat16")
    model = VisionReader.load(located.path, name=located.name, device=device, dtype=dtype)
    return _checked(model.read(picture, INSTRUCTION), file)


def transcribe_audio(file: str, *, reader: str | None, options: LoadOptions) -> str:
    """The problem in a recording, read by an omni model on the endpoint.

    Raises:
        BadInput: the file is no usable recording, there is no endpoint, or nothing was read.
        EnvironmentFailed: the server does not answer.
    """
    data, kind = read_audio(file)
    if options.endpoint is None:
        raise BadInput(
            "a recording needs an endpoint.",
            why="Models that hear run on a server here, such as Qwen2.5-Omni in vLLM.",
            hint="tir solve --audio a.wav --endpoint http://localhost:8000/v1 --reader NAME",
        )
    part = {"type": "input_audio", "input_audio": {"data": data, "format": kind}}
    return _asked(part, reader, options, file)


def _asked(part: dict[str, Any], reader: str | None, options: LoadOptions, file: str) -> str:
    """What the model on the server reads in one part of a message."""
    import openai

    from tir.models.endpoint.address import Address

    address = Address.parse(options.endpoint or "")
    message: Any = {"role": "user", "content": [part, {"type": "text", "text": INSTRUCTION}]}
    try:
        with openai.OpenAI(
            base_url=address.url, api_key=address.key.secret, max_retries=2, timeout=_SECONDS
        ) as client:
            name = reader or next(iter(client.models.list())).id
            answer = client.chat.completions.create(
                model=name, messages=[message], temperature=0.0, max_tokens=1024
            )
    except StopIteration:
        raise _failed(address.url, "It lists no model; --reader names one.") from None
    except openai.OpenAIError as error:
        raise _failed(address.url, address.key.blot(str(error).split("\n")[0][:300])) from error
    said = answer.choices[0].message.content if answer.choices else None
    return _checked(said or "", file)


def _failed(url: str, why: str) -> EndpointFailed:
    return EndpointFailed(
        f"{url} did not read it.",
        why=why or "It gave no reason.",
        hint="--reader NAME   (a model on that server that sees or hears)",
    )


def _bytes(file: str) -> bytes:
    path = Path(file)
    try:
        if path.is_dir():
            raise IsADirectoryError(21, "It is a directory", file)
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise BadInput(
            f"{file!r} cannot be read.",
            why=f"{getattr(error, 'strerror', None) or error}.",
            hint=f"ls -l {file}",
        ) from error
    if len(data) > LARGEST:
        raise _too_large(file, f"more than {LARGEST >> 20} MB")
    return data


def _too_large(file: str, size: str) -> BadInput:
    return BadInput(
        f"{file!r} is too large.",
        why=f"It has {size}. At most: {LARGEST >> 20} MB, {MOST_PIXELS // 10**6} megapixels.",
        hint="a smaller picture of the problem alone",
    )


def _checked(text: str, file: str) -> str:
    text = text.strip()
    if text.startswith("```") and text.endswith("```"):
        text = text.strip("`").partition("\n")[2].strip()
    if not any(char.isalnum() for char in text):
        raise BadInput(
            f"no problem was read in {file!r}.",
            why="The model wrote nothing.",
            hint="a sharper picture, or another model: --reader NAME",
        )
    return text[:QUESTION_LIMIT]
