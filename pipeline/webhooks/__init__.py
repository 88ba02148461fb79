"""Alerts to whoever wants them by HTTP: signed, at least once, in order, and never into the inner network.

endpoints      the file that names who gets which alerts
signing        Standard Webhooks signatures
destinations   what may be sent to: URLs and addresses
connecting     connections to nothing but that
delivery       one try: a POST, and what came of it
backoff        how long to wait after a try that failed
circuit        when an endpoint is left alone for a while
courier        one alert to one endpoint: try after try
membership     a consumer group whose records may take their time
role           the alerts topic, and such a group for each endpoint

signing, destinations, backoff and circuit are pure: no network, no clock, no event loop.
"""
