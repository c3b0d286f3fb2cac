"""Models: the protocol, those in this process, and the scripted double."""

from tir.models.base import Delta, Halt, Model, ModelSession
from tir.models.scripted import ScriptedModel

__all__ = ["Delta", "Halt", "Model", "ModelSession", "ScriptedModel"]
