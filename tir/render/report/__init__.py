"""The report of a run: one page that opens from a disk, without a network or a server."""

from tir.render.report.report import write_report

__all__ = ["write_report"]
