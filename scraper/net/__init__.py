"""What the client needs to hold a hostile network at arm's length: addresses, byte and time budgets, turns,
replies."""
