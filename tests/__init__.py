"""Onefold's tests: unit and property need nothing, integration and browser start the services that they need."""
