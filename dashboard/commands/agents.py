"""`tikawatch agent add`, `revoke` and `list`."""

import argparse
import sys

from dashboard.commands.adding import OK, USAGE, Add, with_config
from dashboard.commands.configured import control_room_settings
from probes.clock import WallClock


def add_to(add: Add) -> None:
    """Add this command."""
    agent = with_config(add("agent", _agent, "let an agent send samples, take that back, or list agents"))
    agent.add_argument("what", choices=["add", "revoke", "list"])
    agent.add_argument("agent", nargs="?", metavar="NAME")
    agent.add_argument(
        "--districts",
        metavar="LIST",
        help="its token may tell of these alone, LGD codes or names with commas between; all: of every district",
    )


def _agent(chosen: argparse.Namespace) -> int:
    from dashboard import agent_command

    if chosen.what != "list" and not chosen.agent:
        print(
            f"tikawatch agent {chosen.what}: name the agent, for example: tikawatch agent {chosen.what} raigad-1",
            file=sys.stderr,
        )
        return USAGE
    settings = control_room_settings(chosen.config)
    now = WallClock().now()
    if chosen.what == "add":
        print(agent_command.add(settings, chosen.agent, chosen.districts, now))
    elif chosen.what == "revoke":
        agent_command.revoke(settings, chosen.agent, now)
    else:
        for line in agent_command.listed(settings):
            print(line)
    return OK
