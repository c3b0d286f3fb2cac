"""Writes the report, row by row: memory does not grow with the run."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from tir.render.report.packing import PACKED_LIMIT, STATIC_LIMIT, Packer
from tir.render.report.page import between, closing, opening
from tir.render.report.problem import details
from tir.render.report.spread import Costs
from tir.render.report.table import row
from tir.runs.files import replaced
from tir.runs.result import Result
from tir.runs.run import Run
from tir.runs.summary import summarize

ROW_LIMIT = 20_000
"""Rows of the table. A browser holds as many; a class of a million is read from its tables."""


def write_report(
    run: Run,
    path: Path,
    *,
    static_limit: int = STATIC_LIMIT,
    packed_limit: int = PACKED_LIMIT,
) -> None:
    """Writes the page of a run to `path`, in place of an older one, whole or not at all.

    Details stand in it as they are up to `static_limit` characters, then compressed up to
    `packed_limit`; the page says what is left out.

    Raises:
        BadInput: the run cannot be read.
        EnvironmentFailed: the page cannot be written.
    """
    costs = Costs()
    summary = summarize(_counted(run.results(), costs), rows=run.planned)
    listed = min(summary.total.rows, ROW_LIMIT)
    kind = run.manifest.kind
    with (
        replaced(path) as page,
        tempfile.TemporaryFile("w+", encoding="utf-8", dir=path.parent) as spool,
    ):
        packer = Packer(spool.write, static_limit=static_limit, packed_limit=packed_limit)
        page.writelines(opening(run.manifest, summary, costs, listed))
        for number, result in enumerate(run.results()):
            if number >= ROW_LIMIT:
                break
            page.write(row(result, kind))
            if packer.is_full:
                packer.skip()
            else:
                packer.add(result.position, details(result))
        packer.end()
        page.write(between())
        spool.seek(0)
        shutil.copyfileobj(spool, page)
        page.write(closing(run.manifest, packer))


def _counted(results: Iterable[Result], costs: Costs) -> Iterator[Result]:
    for result in results:
        costs.add(result)
        yield result
