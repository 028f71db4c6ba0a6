"""Settings for the property tests: a slow machine fails none of them, and nothing is left behind."""

from hypothesis import HealthCheck, settings

settings.register_profile("client", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("client")
