"""The tags of the API description: a group of operations for each blueprint."""

from collections.abc import Mapping

#: What the operations of each tag are for.
TAGS: Mapping[str, str] = {
    "Sign in": "A user signs in with an emailed link and signs out.",
    "Organizations": "The signed-in user lists, creates, renames and deletes their organizations.",
    "Members": "A member lists the members of an organization, changes roles, removes members and leaves.",
    "Invitations": "A member who manages members invites addresses to an organization, and withdraws that.",
    "Key list": "A member finds, filters and sorts the keys of an organization.",
    "Keys": "A member creates, revokes and rotates the keys of an organization.",
    "Key settings": "A member shows a key with its settings and changes them.",
    "Key policy": "What an organization allows its keys: how long they live, and which scopes each role gives.",
    "Email codes": "An agent exchanges an emailed code for a session token, with which it manages its user's keys.",
    "Agent keys": "An agent with a session token creates, lists and revokes its user's keys.",
    "Key verification": "A back end asks whether a key may do something.",
    "Agent sign up": "An agent gets a key for its user with an emailed code.",
    "Device grants": "An agent gets a key that its user approves in the browser (RFC 8628).",
    "Test tokens": "Short-lived keys for trying the API in dev mode.",
    "Me": "What the key in the request is and may do.",
    "Usage": "Counts of the requests made with an organization's keys.",
    "Audit": "What happened in an organization, and who did it.",
    "Cache": "Makes proxies forget the cached responses of an organization.",
    "Credits": "The credits of an organization.",
    "Accessibility": "The accessibility conformance report of this software.",
    "Sample": "In dev mode only: notes in memory, and a route that says what it got, to try keys with.",
    "Forward auth": "A proxy asks whether to let a request through.",
}
