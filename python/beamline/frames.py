"""Columns in, a data frame out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def pandas(columns: dict[str, Any]) -> pd.DataFrame:
    """A data frame of pandas."""
    import pandas as pd

    frame: pd.DataFrame = pd.DataFrame(columns)
    return frame


def arrow(columns: dict[str, Any]) -> pa.Table:
    """A table of pyarrow."""
    import pyarrow as pa

    return pa.table(columns)
