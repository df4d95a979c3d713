"""The commands by subject: each module adds its parsers and runs them, printing what a person reads. A new command goes to its subject.

What needs the control room's libraries is imported inside a function, so that an agent without them works.
"""
