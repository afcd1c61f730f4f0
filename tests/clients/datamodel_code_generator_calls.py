"""What somebody writes with the models that datamodel-code-generator makes, and an HTTP client."""

import json
import sys

import httpx
from keydesk_models import (
    Change,
    DataOfCreatedKey,
    DataOfDecision,
    DataOfDetailedKey,
    DataOfKeyItem,
    DataOfMe,
    ListingOfKeyItem,
    NewKey,
    Question,
    Rate,
    Scope,
)
from pydantic import BaseModel

url, org, session = sys.argv[1:]
person = httpx.Client(base_url=f"{url}/v1/orgs/{org}", cookies={"whs_session": session})


def sent(body: BaseModel) -> dict[str, object]:
    return body.model_dump(mode="json", exclude_unset=True)


settings = NewKey(
    name="CI",
    scopes=[Scope.keys_verify],
    expires_in_days=30,
    networks=["127.0.0.0/8"],
    rate_limit=Rate(requests=100, window_seconds=60),
)
created = DataOfCreatedKey.model_validate_json(person.post("/keys", json=sent(settings)).text).data
listed = ListingOfKeyItem.model_validate_json(person.get("/keys", params={"limit": 10}).text).data
key = f"/keys/{created.id}"
shown = DataOfDetailedKey.model_validate_json(person.get(key).text).data
changed = DataOfDetailedKey.model_validate_json(person.patch(key, json=sent(Change(name="Renamed"))).text).data
program = httpx.Client(base_url=f"{url}/v1", headers={"x-api-key": created.key})
question = sent(Question(key=created.key, ip="127.0.0.1"))
verified = DataOfDecision.model_validate_json(program.post("/keys/verify", json=question).text).data
me = DataOfMe.model_validate_json(program.get("/me").text).data
revoked = DataOfKeyItem.model_validate_json(person.post(f"{key}/revoke").text).data
answers = {"created": created, "shown": shown, "changed": changed, "verified": verified, "me": me, "revoked": revoked}
answered = {name: answer.model_dump(mode="json") for name, answer in answers.items()}
print(json.dumps(answered | {"listed": [item.model_dump(mode="json") for item in listed]}))
