"""The steps of planning a job: each reads and changes the draft."""
