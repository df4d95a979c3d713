"""Read-only questions to the store, for pages. Each answers with a DataFrame of declared columns, also when it is empty.

The only place with SQL for pages: filter, aggregate and bound here.
"""
