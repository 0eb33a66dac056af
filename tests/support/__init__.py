"""What the test suites share: servers as processes, raw clients, a strict reader of responses."""
