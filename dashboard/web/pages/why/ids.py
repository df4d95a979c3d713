"""Ids of the page Why."""

START = "why-start"
ADDRESS = "why-address"  # ?district=491
DISTRICT = "why-district"
DAY = "why-day"  # a day as YYYY-MM-DD, or NOW
SLIDER = "why-slider"  # minutes after midnight
HOUR = "why-hour"
PAST = "why-past"  # what chooses a moment of a past day
BACK_5, BACK, ON, ON_5 = "why-back-5", "why-back", "why-on", "why-on-5"
AGAIN = "why-again"
HEAD, BODY = "why-head", "why-body"

TRY_DAY = "why-try-day"
TRY_RULES = "why-try-rules"
TRY = "why-try"
TRIED = "why-tried"
TRY_TICK = "why-try-tick"
