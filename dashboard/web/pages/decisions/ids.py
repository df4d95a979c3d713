"""Ids of the decisions page.

Three have patterns: {"type": SUGGESTED, "what": …}, {"type": CHOOSE, "decision": …}, {"type": CONFIRM, "district": …}.
"""

START, TICK = "decisions-start", "decisions-tick"
BODY = "decisions-body"  # heading and suggestions
LIST = "decisions-list"
SEEN = "decisions-seen"  # version of what is shown: the same is not drawn again
CHANGED = "decisions-changed"  # counts what was stored from this page
OPEN, SUGGESTED = "decisions-open", "decisions-suggested"
FORM = "decisions-form"
FORM_DATA = "decisions-form-data"  # number of the form, and what was suggested when it was opened
WHAT, DISTRICTS, INCIDENT = "decisions-what", "decisions-districts", "decisions-incident"  # Stores: what is pressed
INCIDENTS, WHO, WHY = "decisions-incidents", "decisions-who", "decisions-why"
ALL, NONE = "decisions-all", "decisions-none"
MEANS = "decisions-means"
TAKE, CLOSE = "decisions-take", "decisions-close"
ANSWER = "decisions-answer"
CHOSEN = "decisions-chosen"  # whose confirmations are shown
CHOOSE, CONFIRM = "decisions-choose", "decisions-confirm"
CONFIRMATIONS = "decisions-confirmations"
CONFIRM_WHO, CONFIRM_ANSWER, CONFIRM_BOX = "decisions-confirm-who", "decisions-confirm-answer", "decisions-confirm-box"
FOCUS = "decisions-focus"
