"""A trajectory as one text: `/v1/completions`, in the model's own format."""

from typing import TYPE_CHECKING

from tir.dialects import Prompt
from tir.models.endpoint.session import EndpointSession
from tir.models.endpoint.taken import Taken

if TYPE_CHECKING:
    from tir.models.endpoint.model import EndpointModel


class CompletionSession(EndpointSession):
    """Everything so far is sent again for each generation; the server has its prefix cached."""

    path = "/completions"
    continues = True

    def __init__(self, model: "EndpointModel", prompt: Prompt, seed: int) -> None:
        super().__init__(model, seed)
        self._prompt = prompt
        self._text = ""
        self.append(prompt.text)

    def append(self, text: str) -> None:
        """Adds text that the model did not write."""
        self._text += text
        self._add(text)

    def fork(self) -> "CompletionSession":
        """A second session with the same past."""
        twin = CompletionSession(self._model, self._prompt, self._seed)
        twin._text = self._text
        twin._copy_counts(self)
        return twin

    def _body(self, taken: Taken) -> dict[str, object]:
        return {"prompt": self._text + taken.text}

    def _hear(self, taken: Taken) -> str:
        self._text += taken.text
        return taken.text
