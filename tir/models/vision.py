"""A vision model of the Qwen2.5-VL family in this process, which reads what an image says.

The image processor is the one built on Pillow, and the prompt is the family's documented template
written out: so neither torchvision nor a video processor is needed for one picture.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tir.errors import ModelBroken

if TYPE_CHECKING:
    from PIL.Image import Image

IMAGE = "<|image_pad|>"
"""Stands for one patch of the image, after four have been merged into it."""
_PROMPT = (
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
    "<|im_start|>user\n<|vision_start|>{image}<|vision_end|>{instruction}<|im_end|>\n"
    "<|im_start|>assistant\n"
)


class VisionReader:
    """Call `read` with an image and what is to be done with it."""

    def __init__(self, network: Any, tokenizer: Any, processor: Any, *, name: str) -> None:
        self.name = name
        self._network = network
        self._tokenizer = tokenizer
        self._processor = processor

    @classmethod
    def load(
        cls, path: Path, *, name: str, device: str = "cpu", dtype: str = "float32"
    ) -> "VisionReader":
        """The model in a folder; nothing is downloaded and no code of the folder runs.

        Raises:
            ModelBroken: it does not load, or is no vision model.
        """
        import torch
        from transformers import AutoModelForImageTextToText, AutoTokenizer
        from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import (
            Qwen2VLImageProcessorPil,
        )

        try:
            tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
            processor = Qwen2VLImageProcessorPil.from_pretrained(path, local_files_only=True)
            network: Any = AutoModelForImageTextToText.from_pretrained(
                path,
                dtype=getattr(torch, dtype),
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
            )
            network.to(device)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelBroken(
                f"the vision model in {path} does not load.",
                why=str(error).split("\n")[0][:300],
                hint="tir models pull Qwen/Qwen2.5-VL-3B-Instruct",
            ) from error
        if tokenizer.convert_tokens_to_ids(IMAGE) in (None, tokenizer.unk_token_id):
            raise ModelBroken(
                f"the model in {path} reads no images as Qwen2.5-VL does.",
                why=f"Its tokenizer has no {IMAGE}.",
                hint="tir models pull Qwen/Qwen2.5-VL-3B-Instruct",
            )
        return cls(network.eval(), tokenizer, processor, name=name)

    def read(self, image: "Image", instruction: str, *, most: int = 1024) -> str:
        """What the model says of the image, greedily, in at most `most` tokens."""
        import torch

        seen = self._processor(images=[image], return_tensors="pt")
        grid = seen["image_grid_thw"]
        patches = int(grid[0].prod()) // self._processor.merge_size**2
        text = _PROMPT.format(image=IMAGE * patches, instruction=instruction)
        ids = torch.tensor([self._tokenizer.encode(text, add_special_tokens=False)])
        device = self._network.device
        is_image = ids == self._tokenizer.convert_tokens_to_ids(IMAGE)
        with torch.inference_mode():
            output = self._network.generate(
                input_ids=ids.to(device),
                attention_mask=torch.ones_like(ids).to(device),
                pixel_values=seen["pixel_values"].to(device, self._network.dtype),
                image_grid_thw=grid.to(device),
                mm_token_type_ids=is_image.int().to(device),
                max_new_tokens=most,
                do_sample=False,
            )
        said = output[0, ids.shape[1] :]
        return str(self._tokenizer.decode(said, skip_special_tokens=True)).strip()
