"""`tikawatch probe --once TARGET`: one check, now, told to the person who asked. No spool, no delivery, no metrics."""
