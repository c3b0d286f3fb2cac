"""Events and solutions as text and JSON. Reads them, computes nothing."""

from tir.record import event_record, solution_record, to_json
from tir.render.safe import one_line, visible
from tir.render.terminal import Terminal

__all__ = ["Terminal", "event_record", "one_line", "solution_record", "to_json", "visible"]
