"""Bytes of an uploaded file to text: encodings, limits, and files that are something else. No row is looked at here."""

from dashboard.doses.finding import Finding

MAX_BYTES = 5 * 1024 * 1024
_SAVE = 'Save it as "CSV UTF-8" and give that file'
_SIGNATURES = (
    (b"PK\x03\x04", "an Excel or zip file", "In the spreadsheet: File, Save as, CSV UTF-8"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file", "In the spreadsheet: File, Save as, CSV UTF-8"),
    (b"\x1f\x8b", "a gzip file", "Unpack it first"),
    (b"BZh", "a bzip2 file", "Unpack it first"),
    (b"%PDF", "a PDF", "Type its table into a spreadsheet and save that as CSV UTF-8"),
    (b"\x89PNG", "a picture", "Type its table into a spreadsheet and save that as CSV UTF-8"),
    (b"\xff\xd8\xff", "a picture", "Type its table into a spreadsheet and save that as CSV UTF-8"),
)


class NotText(ValueError):
    """The file as a whole cannot be used; `finding` says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.wrong)
        self.finding = finding


def decode(raw: bytes) -> str:
    """The text of a file in UTF-8 (with or without BOM) or UTF-16 with BOM.

    Raises:
        NotText: empty, over 5 MiB, of another kind, or in another encoding.
    """
    if len(raw) > MAX_BYTES:
        raise _refused(f"the file has over {MAX_BYTES} bytes (5 MiB)", "Split it by day")
    for signature, what, cure in _SIGNATURES:
        if raw.startswith(signature):
            raise _refused(f"this is {what}, not a CSV", cure)
    text = _utf16(raw) if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else _utf8(raw)
    if not text.strip():
        raise _refused("the file is empty", "Give a file with a header line and rows")
    if text.lstrip()[:15].lower().startswith(("<!doctype", "<html", "<?xml")):
        raise _refused("this is a web page, not a CSV", "Download the file itself, not the page that shows it")
    return text


def _utf16(raw: bytes) -> str:
    try:
        return raw.decode("utf-16")
    except UnicodeDecodeError as problem:
        raise _refused(f"byte {problem.start + 1} is not UTF-16, though the file begins so", _SAVE) from None


def _utf8(raw: bytes) -> str:
    nul = raw.find(b"\0")
    if nul >= 0:
        line = raw[:nul].count(b"\n") + 1
        raise NotText(Finding(line, "", f"byte {nul + 1} is NUL: this may be UTF-16 without its mark", _SAVE))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = raw[: problem.start].count(b"\n") + 1
        wrong = f"byte {problem.start + 1} (0x{raw[problem.start]:02x}) is not UTF-8"
        cure = f"{_SAVE}; text in a font such as Kruti Dev or Shree-Lipi must be turned into Unicode first"
        raise NotText(Finding(line, "", wrong, cure)) from None


def _refused(wrong: str, cure: str) -> NotText:
    return NotText(Finding(0, "", wrong, cure))
