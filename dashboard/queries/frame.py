"""From a SELECT to a DataFrame whose columns do not depend on whether rows were found."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, Select

Columns = Mapping[str, str]


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one moment of the store and does not queue behind the writer."""
    with engine.connect().execution_options(readonly=True) as connection:
        yield connection


def read(connection: Connection, statement: Select[Any], columns: Columns) -> pd.DataFrame:
    """Rows of a statement, in the order and with the types of `columns` (name -> pandas dtype)."""
    rows = connection.execute(statement).all()
    return typed(pd.DataFrame(rows, columns=list(columns)), columns)


def typed(frame: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """The frame with exactly these columns and types."""
    return frame.reindex(columns=list(columns)).astype(dict(columns))
