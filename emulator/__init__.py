"""A stateful emulator of the Service resource of the Twilio Proxy v1 REST API."""
