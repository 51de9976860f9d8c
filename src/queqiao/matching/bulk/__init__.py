"""Runs bulk jobs: in processes of this machine, or on a Ray cluster where one is set."""
