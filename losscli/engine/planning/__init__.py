"""The steps of planning: each reads and changes the draft of a job."""
