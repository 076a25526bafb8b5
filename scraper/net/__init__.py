"""What the client is made of: address guard, budget, transport, pace, back-off and the reading of replies."""
