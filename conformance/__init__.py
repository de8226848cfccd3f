"""A conformance suite for the Service resource of the Twilio Proxy v1 API."""
