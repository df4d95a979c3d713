"""`tikawatch doses link`: the addresses that are given to an officer."""

from datetime import datetime, timedelta

from dashboard.doses.places import Places
from dashboard.forms.key_file import form_key
from dashboard.forms.links import officers_link
from dashboard.settings import ControlRoomFile
from probes.clock import Clock

_MOST_DAYS = 60


def links_of(settings: ControlRoomFile, clock: Clock, district: str, days: int) -> list[str]:
    """The links of a district (LGD code or name) for today and the days after it, `days` in all.

    Raises:
        ValueError: no such district, too many days, or no key.
    """
    today = datetime.fromtimestamp(clock.now(), settings.zone).date()
    places = Places(settings)
    place = places.find(district, today).place
    if place not in places.districts:
        raise ValueError(f"{places.named(place)} is not one district. Write the LGD code or the name of a district")
    if not 1 <= days <= _MOST_DAYS:
        raise ValueError(f"--days {days} is not from 1 to {_MOST_DAYS}. Write for example --days 7")
    key = form_key(settings.dashboard.form_key_file)
    return [officers_link(key, settings, int(place), today + timedelta(days=n)) for n in range(days)]
