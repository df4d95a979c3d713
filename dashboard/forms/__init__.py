"""Forms through which figures come in: the officer's own, by signed link, and the upload of a file with its preview."""
