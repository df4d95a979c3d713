"""The `upload` check: authorise, send a marked synthetic record, read it back until it is seen, take it away again.

May be changed: the pace of reading back, and what is cleaned up. upload_requests.py makes the requests.
"""

import random
from collections.abc import Generator
from dataclasses import replace
from typing import Final

from probes.checks import OURS, Measurement, Steps, Target, judged
from probes.checks.answers import LONGEST_ID, LONGEST_TOKEN, Unfit, carried, explained, hidden, misfit
from probes.checks.tokens import Tokens
from probes.checks.upload_requests import Values, authorise, look, own_values, settings_of, submit, undo, undo_at
from probes.clock import Clock
from probes.exchange import Request, Result, Wish
from probes.kinds.upload import Authorise, ReadBack, UploadCheck
from probes.sample import Phases, Reason, Step
from probes.schedule.holds import BUSY, asked_s
from probes.secrets import SecretError

LOOK_S: Final = 10.0  # one look that hangs must not use up the time of all others
LEAST_S: Final = 0.05  # a look with less time than this proves nothing
CLEAN_UP_S: Final = 5.0  # clean-up has its own time, so that a check that ran out of its own still tidies up
GROWTH: Final = 1.5  # each look that does not see the record makes the next pause longer,
LONGEST_S: Final = 5.0  # up to this
SLOWEST: Final = 16  # times every_s: the longest pause while the registry says that it is busy
LARGE: Final = 65_536  # bytes of a record from which on its rate says something of the line
MOST_RATE: Final = 1e12  # a Sample holds no more; nor does a line
REFUSED: Final = 401
LONGEST_WORDS: Final = 100  # characters of what a registry says of an error
GATEWAY: Final = (502, 504)  # said by something before the registry, which may be at work yet
BLIND_SHARE: Final = 0.25  # of the time looked: a last look that found no turn does not undo all that saw no record
_BLIND: Final = (Reason.UNREACHABLE, Reason.DNS, *OURS)  # a look that saw nothing of the registry
_NEVER_SENT: Final = (Reason.DNS, Reason.REFUSED, Reason.UNREACHABLE, Reason.TLS, *OURS)
_TOKENS: Final = Tokens()

Asking = Generator[Wish, Result, Result]


def measure(target: Target, clock: Clock, rng: random.Random) -> Steps:
    """The phases are the submit's, or of the log-in when it came no further; total is from the start of all to the moment
    the record is seen; clean-up is not in it. A secret that cannot be read is our own fault: AGENT_FAULT.
    """
    try:
        values = own_values(target, clock, rng)
    except SecretError as problem:
        step = "authorise" if settings_of(target).authorise else "submit"
        return Measurement(Reason.AGENT_FAULT, Phases(total=0.0), detail=str(problem)[:200], stage=step)
    return (yield from _Upload(target, clock, values).run())


def clean_up_again(target: Target, left: Request, clock: Clock, rng: random.Random) -> Generator[Wish, Result, bool]:
    """Take away a record of an earlier check, by the method, address and body kept of it; logs in anew where that is needed.

    Ends with True when the clean-up was asked for and `left` answered: the last Result sent in is its answer. False: the
    log-in failed.

    Raises:
        SecretError: a secret cannot be read.
    """
    upload = _Upload(target, clock, own_values(target, clock, rng))
    if (yield from upload.authorised()) is not None:
        return False
    yield upload.undo_of(left)
    return True


def rate_of(body: bytes, sent: Result) -> float | None:
    """Bytes a second of the record, from its first byte on the wire to the beginning of the answer.

    It holds one way there and back and whatever the registry does before it answers, so that it is the least the line can
    do, and not its capacity; a record below LARGE says nothing of it.
    """
    if len(body) < LARGE or not sent.phases.first_byte:
        return None
    return min(len(body) / sent.phases.first_byte, MOST_RATE)


class _Upload:
    """One record on its way."""

    def __init__(self, target: Target, clock: Clock, values: Values) -> None:
        self._target = target
        self._check = settings_of(target)
        self._clock = clock
        self._values = values
        self._deadline = clock.monotonic() + self._check.deadline_s
        self._results: list[tuple[str, Result]] = []
        self._steps: list[Step] = []
        self._rate: float | None = None

    def run(self) -> Steps:
        refused = yield from self.authorised()
        if refused is not None:
            return self._ended("authorise", refused, [])
        kept = "authorise" not in (name for name, _ in self._results)
        sent = yield from self._submitted()
        if sent.status == REFUSED and self._check.authorise and kept:
            _TOKENS.drop(self._target)  # the registry let it end before its time; nothing was stored
            refused = yield from self.authorised()
            if refused is not None:
                return self._ended("authorise", refused, [])
            sent = yield from self._submitted()
        looks: list[Result] = []
        if sent.reason is Reason.NONE and self._check.read_back is not None:
            looks = yield from self._look_until_seen(self._check.read_back, sent.ended)
        found = self._ended("submit", sent, looks)
        yield from self._cleaned_up(sent, seen=bool(looks) and looks[-1].found)
        return replace(found, steps=tuple(self._steps))

    def authorised(self) -> Generator[Wish, Result, Result | None]:
        """Log in unless that is kept from before; the result is what went wrong."""
        step = self._check.authorise
        if step is None:
            return None
        kept = _TOKENS.find(self._target, self._clock.monotonic())
        if kept:
            self._values |= kept
            return None
        request = authorise(step, self._values, self._deadline)
        apart = len(self._target.origins) > 1  # then nothing else tells that the place of the log-in is well again
        result = yield from self._ask("authorise", replace(request, aside=not apart))
        result, token = self._accepted(result, step, LONGEST_TOKEN)
        if result.reason is not Reason.NONE:
            return result
        self._values |= token
        if step.keep_s:
            _TOKENS.keep(self._target, token, result.ended + step.keep_s)
        return None

    def undo_of(self, left: Request) -> Request:
        request = undo_at(self._target, left.url, left.method, left.body, self._values)
        return replace(request, deadline=self._clock.monotonic() + CLEAN_UP_S)

    def _submitted(self) -> Asking:
        check = self._check
        request = submit(self._target, self._values, self._deadline)
        result = yield from self._ask("submit", request)
        sent, values = self._accepted(result, check, LONGEST_ID)
        self._values |= values
        if sent.reason is Reason.NONE:
            self._rate = rate_of(request.body, sent)
        return sent

    def _accepted(self, result: Result, step: Authorise | UploadCheck, longest: int) -> tuple[Result, Values]:
        """The result, judged by its status and its body, and what it carries."""
        found, values = judged(result, step.expect_status), {}
        if found.reason is Reason.NONE:
            wrong = misfit(found, step.expect_json, self._values, self._without_secrets)
            try:
                values = {} if wrong else carried(found, step.carry, longest)
            except Unfit as problem:
                wrong = str(problem)
            found = replace(found, reason=Reason.BODY, detail=wrong) if wrong else found
        if found.reason in (Reason.HTTP_STATUS, Reason.BODY):
            found = replace(found, detail=self._explained(found, step.explain))
        return found, values

    def _explained(self, found: Result, path: str | None) -> str:
        words = self._without_secrets(explained(found, path))[:LONGEST_WORDS]
        return f"{found.detail}: {words}" if words else found.detail

    def _without_secrets(self, text: str) -> str:
        """A registry may repeat to us what it was sent."""
        token = self._check.authorise.carry if self._check.authorise else {}
        secret = (name for name in self._values if name in token or name.startswith(("secret:", "basic:")))
        return hidden(text, [self._values[name] for name in secret])

    def _ask(self, name: str, request: Request) -> Asking:
        result = yield request
        self._results.append((name, result))
        self._note(name, result.began, result.ended)
        return result

    def _note(self, name: str, began: float, ended: float) -> None:
        self._steps.append(Step(name=name, seconds=min(max(ended - began, 0.0), 86_400)))

    def _look_until_seen(self, read_back: ReadBack, accepted: float) -> Generator[Wish, Result, list[Result]]:
        looks: list[Result] = []
        request, every_s = look(self._target, read_back, self._values), read_back.every_s
        moment, pause = accepted, every_s
        while moment < self._deadline - LEAST_S:
            ends = min(moment + max(LOOK_S, every_s), self._deadline)
            answer = yield replace(request, deadline=ends, not_before=moment)
            last = self._seen(answer, read_back)
            looks.append(last)
            if last.found:
                break
            moment, pause = _next_look(last, pause, every_s)
        if looks:
            self._note("read_back", accepted, looks[-1].ended)
        return looks

    def _seen(self, answer: Result, read_back: ReadBack) -> Result:
        """The answer, `found` when it shows the record, else with a detail that says what it shows."""
        if answer.reason is not Reason.NONE or answer.status not in read_back.expect_status:
            return replace(answer, found=False, detail=answer.detail or f"status {answer.status}")
        wrong = misfit(answer, read_back.expect_json, self._values, self._without_secrets)
        if answer.found and not wrong:
            return answer
        return replace(answer, found=False, detail=f"status {answer.status}, {wrong or 'the record is not in it'}")

    def _cleaned_up(self, sent: Result, seen: bool) -> Generator[Wish, Result, None]:
        request = undo(self._target, self._values) if _may_be_stored(sent) else None
        if request is not None:
            result = yield replace(
                request,
                deadline=self._clock.monotonic() + CLEAN_UP_S,
                absent_is_gone=seen or not _may_come_yet(sent),
                also_gone=() if seen else request.also_gone,  # of a record that was there they can only be a refusal
            )
            self._note("clean_up", result.began, result.ended)

    def _ended(self, step: str, result: Result, looks: list[Result]) -> Measurement:
        last = looks[-1] if looks else result
        reason, detail, stage = result.reason, result.detail, result.stage
        seen = bool(looks) and last.found
        if reason is Reason.NONE and self._check.read_back is not None and not seen:
            word = _last_word(looks) if looks else result
            blind = word.reason in _BLIND
            reason, detail = (
                (word.reason, word.detail) if blind else (Reason.NOT_VISIBLE, _not_seen(result, looks, word))
            )
            step, stage = "read_back", word.stage if looks else ""
        everything = [one for _, one in self._results] + looks
        total = last.ended - everything[0].began
        visible = last.ended - result.ended if seen else None
        return Measurement(
            reason=reason,
            phases=result.phases.model_copy(update={"visible": visible, "total": total}),
            status=result.status,
            bytes_up=sum(one.bytes_up for one in everything),
            bytes_down=sum(one.bytes_down for one in everything),
            detail=self._without_secrets(detail)[:200],
            stage="" if reason is Reason.NONE else f"{step}: {stage}" if stage else step,
            steps=tuple(self._steps),
            up_bytes_per_s=self._rate,
        )


def _last_word(looks: list[Result]) -> Result:
    """The newest look that saw the registry, or the last one when what was not seen of the time is more than BLIND_SHARE."""
    seeing = [look for look in looks if look.reason not in _BLIND]
    unseen = looks[-1].ended - (seeing[-1].ended if seeing else looks[0].began)
    return seeing[-1] if seeing and unseen <= BLIND_SHARE * (looks[-1].ended - looks[0].began) else looks[-1]


def _next_look(last: Result, pause: float, every_s: float) -> tuple[float, float]:
    """The moment of the next look, and the pause after it. A record that is long in coming needs no fine measure."""
    if last.status in BUSY:
        pause = min(pause * 2, max(every_s * SLOWEST, pause))
        return max(last.began + pause, last.ended + asked_s(last)), pause
    longest = max(LONGEST_S, every_s)
    return max(last.began + min(pause, longest), last.ended), min(pause * GROWTH, longest)


def _may_be_stored(sent: Result) -> bool:
    """Accepted, or in doubt: the record was on its way and no plain refusal came back."""
    refused = sent.reason is Reason.HTTP_STATUS and sent.status is not None and 400 <= sent.status < 500
    return not refused and sent.reason not in _NEVER_SENT and sent.phases.connect is not None


def _may_come_yet(sent: Result) -> bool:
    """Accepted, or nobody has said that it is not: it may appear after it was looked for, and after its clean-up."""
    if sent.reason is Reason.HTTP_STATUS:
        return sent.status in GATEWAY or (sent.status is not None and sent.status < 300)
    return sent.reason not in (Reason.BODY, Reason.REDIRECT)


def _not_seen(sent: Result, looks: list[Result], word: Result) -> str:
    if not looks:
        return f"accepted with {sent.status}; no time was left to read it back"
    waited = looks[-1].ended - sent.ended
    return f"accepted with {sent.status}, not seen in {waited:.1f} s and {len(looks)} looks; the last: {word.detail}"
