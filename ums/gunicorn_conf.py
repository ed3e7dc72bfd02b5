"""Settings of the web server: `gunicorn -c python:ums.gunicorn_conf ums.wsgi`."""

from gunicorn.http import message

# A real client sends a second Content-Type (protocol/ums.md 3.0), for which gunicorn would refuse
# the request before we see it. Bodies are read the same whatever either of them says.
message.RFC9110_5_3_SINGLETON_FIELDS -= {"CONTENT-TYPE"}

# Nothing uses it, and the account of a service may have no home for it.
control_socket_disable = True
