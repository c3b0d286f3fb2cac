"""`tir solve --image`: a small random Qwen2.5-VL in process, a server that speaks the protocol."""

import base64
import io
import json
import struct
import threading
import wave
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image
from terminals import Window
from test_cli_solve import COMPUTES, command, environment

import tir.api
from tir.cli import cli
from tir.errors import BadInput, EndpointFailed, EnvironmentFailed, ExitCode
from tir.models.load import Loaded
from tir.models.options import CHOSEN, LoadOptions
from tir.models.scripted import ScriptedModel
from tir.models.vision import IMAGE, VisionReader
from tir.students.transcribe import (
    INSTRUCTION,
    LONGEST_SIDE,
    read_audio,
    read_image,
    transcribe_audio,
    transcribe_image,
)

SPECIALS = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", IMAGE,
    "<|video_pad|>",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Qwen2.5-VL with random weights, saved as the real ones are."""
    import torch
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import (
        PreTrainedTokenizerFast,
        Qwen2_5_VLConfig,
        Qwen2_5_VLForConditionalGeneration,
    )
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    rules = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(letters)}, merges=[]))
    rules.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    rules.decoder = decoders.ByteLevel()
    rules.add_special_tokens([AddedToken(each, special=True) for each in SPECIALS])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=rules, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    ids = {each: tokenizer.convert_tokens_to_ids(each) for each in SPECIALS}
    rope = {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 10000.0}
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": len(tokenizer), "hidden_size": 64, "intermediate_size": 96,
            "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
            "max_position_embeddings": 2048, "rope_parameters": rope,
            "bos_token_id": ids["<|endoftext|>"], "eos_token_id": ids["<|im_end|>"],
        },
        vision_config={
            "depth": 2, "hidden_size": 32, "intermediate_size": 64, "num_heads": 2,
            "out_hidden_size": 64, "fullatt_block_indexes": [1], "window_size": 56,
        },
        image_token_id=ids[IMAGE],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=False,
    )  # fmt: skip
    torch.manual_seed(0)
    network = Qwen2_5_VLForConditionalGeneration(config)
    network.generation_config.eos_token_id = ids["<|im_end|>"]
    network.generation_config.pad_token_id = ids["<|endoftext|>"]
    path = tmp_path_factory.mktemp("qwen2.5-vl-tiny")
    network.save_pretrained(path)
    tokenizer.save_pretrained(path)
    Qwen2VLImageProcessorPil(min_pixels=56 * 56, max_pixels=112 * 112).save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    Image.effect_noise((200, 120), 90).save(path)
    return str(path)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("sound") / "sound.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
        sound.writeframes(b"".join(struct.pack("<h", n % 999) for n in range(800)))
    return str(path)


def test_the_model_in_process_sees_the_picture(folder: Path, photo: str) -> None:
    reader = VisionReader.load(folder, name="tiny")
    noise, blank = read_image(photo), Image.new("RGB", (200, 120), "white")
    said = reader.read(noise, INSTRUCTION, most=12)
    assert said == reader.read(noise, INSTRUCTION, most=12)
    assert said != reader.read(blank, INSTRUCTION, most=12)


def test_a_folder_without_a_vision_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(EnvironmentFailed, match="does not load"):
        VisionReader.load(tmp_path, name="nothing")


class _Handler(BaseHTTPRequestHandler):
    """Models, and completions that say what arrived."""

    def do_GET(self) -> None:
        self._send({"object": "list", "data": [{"id": "sees", "object": "model"}]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if asked["model"] == "blind":
            self._send({"error": {"message": "this model takes no images"}}, 400)
            return
        part, instruction = asked["messages"][0]["content"]
        assert instruction == {"type": "text", "text": INSTRUCTION}
        if asked["model"] == "silent":
            text = " "
        elif part["type"] == "image_url":
            _, _, data = part["image_url"]["url"].partition("base64,")
            width, height = Image.open(io.BytesIO(base64.b64decode(data))).size
            text = f"What is {width} + {height}?"
        else:
            sound = io.BytesIO(base64.b64decode(part["input_audio"]["data"]))
            assert part["input_audio"]["format"] == "wav"
            with wave.open(sound) as heard:
                text = f"What is {heard.getnframes()} + 1?"
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        self._send(
            {"id": "1", "object": "chat.completion", "created": 1, "model": "sees",
             "choices": [choice]}
        )  # fmt: skip

    def _send(self, record: dict[str, Any], code: int = 200) -> None:
        body = json.dumps(record).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on the screen of the tests."""


@pytest.fixture(scope="module")
def server() -> Iterator[LoadOptions]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield LoadOptions(endpoint=f"http://127.0.0.1:{running.server_port}/v1")
        running.shutdown()


def test_an_endpoint_gets_the_picture_and_the_recording(
    server: LoadOptions, photo: str, recording: str
) -> None:
    assert transcribe_image(photo, reader="sees", options=server) == "What is 200 + 120?"
    assert transcribe_image(photo, reader=None, options=server) == "What is 200 + 120?"
    assert transcribe_audio(recording, reader="sees", options=server) == "What is 800 + 1?"


def test_what_an_endpoint_refuses_is_told(server: LoadOptions, photo: str) -> None:
    with pytest.raises(EndpointFailed, match="did not read it"):
        transcribe_image(photo, reader="blind", options=server)
    with pytest.raises(BadInput, match="no problem was read"):
        transcribe_image(photo, reader="silent", options=server)
    nobody = LoadOptions(endpoint="http://127.0.0.1:9/v1")
    with pytest.raises(EndpointFailed):
        transcribe_image(photo, reader="sees", options=nobody)


def test_a_recording_needs_an_endpoint(recording: str) -> None:
    with pytest.raises(BadInput, match="needs an endpoint"):
        transcribe_audio(recording, reader=None, options=CHOSEN)


def test_what_is_no_picture_is_refused(tmp_path: Path, photo: str) -> None:
    words = tmp_path / "words.png"
    words.write_text("no picture")
    cut = tmp_path / "cut.png"
    cut.write_bytes(Path(photo).read_bytes()[:2000])
    huge = tmp_path / "huge.png"
    Image.new("1", (9000, 9000)).save(huge)
    heavy = tmp_path / "heavy.png"
    heavy.write_bytes(b"\0" * (21 << 20))
    for file, why in (
        (words, "no image"),
        (cut, "damaged"),
        (huge, "too large"),
        (heavy, "too large"),
        (tmp_path, "cannot be read"),
        (tmp_path / "missing.png", "cannot be read"),
        ("a\0b", "cannot be read"),
    ):
        with pytest.raises(BadInput, match=why):
            read_image(str(file))
    with pytest.raises(BadInput, match="no recording"):
        read_audio(str(words))


def test_a_picture_becomes_upright_small_and_coloured(tmp_path: Path) -> None:
    tagged = tmp_path / "tagged.jpg"
    turned = Image.new("L", (4000, 1000))
    exif = turned.getexif()
    exif[0x0112] = 6  # lies on its side
    turned.save(tagged, exif=exif)
    seen = read_image(str(tagged))
    assert (seen.mode, seen.height, seen.width) == ("RGB", LONGEST_SIDE, LONGEST_SIDE // 4)


def solve(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    model = ScriptedModel(["```python\nprint(320)\n```\n```output", "$\\boxed{320}$"])
    monkeypatch.setattr(tir.api, "load_model", lambda *_: Loaded(model))
    return CliRunner().invoke(cli, ["solve", "-q", "-n", "1", "--no-check", *arguments])


def test_a_photo_is_solved_as_read_if_that_is_agreed_to(
    monkeypatch: pytest.MonkeyPatch, server: LoadOptions, photo: str
) -> None:
    endpoint = ("--endpoint", str(server.endpoint), "--reader", "sees", "--image", photo)
    done = solve(monkeypatch, *endpoint, "--yes")
    assert (done.stdout, done.exit_code) == ("320\n", 0)
    assert "As read:\nWhat is 200 + 120?" in done.stderr
    unseen = solve(monkeypatch, *endpoint)
    assert (unseen.stdout, unseen.exit_code) == ("", ExitCode.USAGE)
    assert "nobody has seen" in unseen.stderr
    assert solve(monkeypatch, *endpoint, "1 + 1").exit_code == ExitCode.USAGE


@pytest.mark.parametrize("said", ["e", "What is 6 * 7?"])
def test_a_person_corrects_what_was_read(
    server: LoadOptions, photo: str, tmp_path: Path, said: str
) -> None:
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\necho 'What is 6 * 7?' > \"$1\"\n")
    editor.chmod(0o700)
    options = ("-n", "1", "--no-check", "--no-history", "--image", photo, "--reader", "sees")
    with Window(
        command("solve", *options, "--endpoint", str(server.endpoint)),
        environ={**environment(COMPUTES), "EDITOR": str(editor), "VISUAL": str(editor)},
    ) as terminal:
        shown = terminal.wait("as it should be:")
        assert "As read:\nWhat is 200 + 120?" in shown
        terminal.type(f"{said}\r".encode())
        text = terminal.wait()
    assert "Problem\n  What is 6 * 7?\n" in text


def test_no_model_that_sees_is_told(monkeypatch: pytest.MonkeyPatch, photo: str) -> None:
    done = solve(monkeypatch, "--image", photo, "--reader", "nowhere/at-all", "--yes")
    assert (done.stdout, done.exit_code) == ("", ExitCode.ENVIRONMENT)
