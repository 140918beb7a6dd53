"""Users: who may use the dashboard and as what, for admins."""

from __future__ import annotations

from dashboard import messages, people, users_views

person = people.require("admin")
known = users_views.known()
messages.headline(users_views.sentence(known))
users_views.show(known)
users_views.ask(known, person)
users_views.show_changes()
