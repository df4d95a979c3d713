"""A check carried out for real: the true loop, against a fake registry on loopback."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from probes.carriers.transfers import TransferLoop
from probes.checks import Measurement, Target, upload
from probes.clock import WallClock
from probes.exchange import Result, Wish
from probes.kinds import check_of

from ..servers import http_server
from .dhis2 import Dhis2
from .divoc import Divoc
from .fhir import Fhir
from .opensrp import OpenSrp
from .plain import Plain
from .shelf import Fake

UIDS = {
    "program": "IpHINAT79UW", "program_stage": "A03MvHHogjR", "tracked_entity_type": "nEenWmSyUEp",
    "org_unit": "DiszpKrYNg8", "attribute": "w75KJ2mc4zz", "data_element": "a3kGcGDCuk6",
}  # fmt: skip


@dataclass
class Case:
    """A recipe, its fake, and what a check of it gives. `path`: where its base lies; `secret`: its name and its value."""

    recipe: str
    fake: Fake
    given: dict[str, Any]
    path: str = ""
    secret: tuple[str, str] | None = None

    def fields(self, url: str, folder: Path, **more: Any) -> dict[str, Any]:
        secrets = {}
        if self.secret:
            (folder / "secret").write_text(self.secret[1] + "\n")
            secrets = {"secrets": {self.secret[0]: str(folder / "secret")}}
        told = {"name": "upload", "kind": "upload", "recipe": self.recipe, "base": url + self.path, "with": self.given}
        return told | secrets | more


def case_of(recipe: str) -> Case:
    if recipe == "divoc":
        given = {
            "client": "tikawatch", "program": "C19", "vaccine": "Covishield", "manufacturer": "Serum Institute",
            "facility": "Test facility",
        }  # fmt: skip
        return Case(recipe, Divoc(), given, secret=("client", Divoc.client[1]))
    if recipe.startswith("dhis2"):
        return Case(recipe, Dhis2(), UIDS, secret=("token", Dhis2.token))
    if recipe == "fhir":
        return Case(recipe, Fhir(), {"patient": "tw-probe"}, "/fhir", ("token", Fhir.token))
    if recipe == "opensrp":
        return Case(recipe, OpenSrp(), {"provider": "probe", "location": "test-place"}, secret=("login", OpenSrp.login))
    return Case(recipe, Plain(), {})


Carry = Callable[..., Measurement]


@pytest.fixture
def carry(tmp_path: Path, loop: TransferLoop) -> Iterator[Carry]:
    """Carry out one upload of a case's fake, with fields of the check changed or added."""
    with ExitStack() as stack:
        urls: dict[int, str] = {}
        targets: dict[str, Target] = {}

        def carry(case: Case, **more: Any) -> Measurement:
            if id(case) not in urls:
                urls[id(case)] = stack.enter_context(http_server(case.fake)).url
            fields = case.fields(urls[id(case)], tmp_path, **more)
            target = targets.setdefault(repr(fields), Target(491, check_of(fields)))
            return carried_out(loop, target)

        yield carry


def carried_out(loop: TransferLoop, target: Target) -> Measurement:
    steps = upload.measure(target, WallClock(), random.Random())
    stop, ended = threading.Event(), []

    def go_on(result: Result | None) -> None:
        try:
            wish: Wish = next(steps) if result is None else steps.send(result)
        except StopIteration as end:
            ended.append(end.value)
            stop.set()
        else:
            loop.start(wish, go_on)  # type: ignore[arg-type]

    go_on(None)
    loop.run(stop, lambda: None)
    found: Measurement = ended[0]
    return found
