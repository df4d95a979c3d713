"""Decisions of people, pure: which there are, which one stands, what each silences, when one is suggested."""
