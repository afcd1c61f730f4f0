"""What a server process does besides serving requests: background jobs and stop signals."""
