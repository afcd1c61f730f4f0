"""What somebody writes with the package that openapi-python-client makes, which is named `keydesk_client` here."""

import json
import sys

from keydesk_client import AuthenticatedClient, Client
from keydesk_client.api.key_list import key_list_index
from keydesk_client.api.key_settings import key_settings_change, key_settings_show
from keydesk_client.api.key_verification import key_verification_verify
from keydesk_client.api.keys import keys_create, keys_revoke
from keydesk_client.api.me import me_show
from keydesk_client.models import Change, NewKey, Question, Rate, Scope

url, org, session = sys.argv[1:]
person = Client(base_url=url, cookies={"whs_session": session}, raise_on_unexpected_status=True)
settings = NewKey(
    name="CI",
    scopes=[Scope.KEYSVERIFY],
    expires_in_days=30,
    networks=["127.0.0.0/8"],
    rate_limit=Rate(requests=100, window_seconds=60),
)
created = keys_create.sync(org, client=person, body=settings).data
listed = key_list_index.sync(org, client=person, limit=10).data
shown = key_settings_show.sync(org, created.id, client=person).data
changed = key_settings_change.sync(org, created.id, client=person, body=Change(name="Renamed")).data
program = AuthenticatedClient(base_url=url, token=created.key)
verified = key_verification_verify.sync(client=program, body=Question(key=created.key, ip="127.0.0.1")).data
me = me_show.sync(client=program).data
revoked = keys_revoke.sync(org, created.id, client=person).data
answers = {"created": created, "shown": shown, "changed": changed, "verified": verified, "me": me, "revoked": revoked}
answered = {name: answer.to_dict() for name, answer in answers.items()}
print(json.dumps(answered | {"listed": [key.to_dict() for key in listed]}))
