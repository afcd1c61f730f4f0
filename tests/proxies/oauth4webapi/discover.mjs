// From a refused request to a device code, by what the refusal and the metadata say. Prints what was found.
import * as oauth from "oauth4webapi";

const http = { [oauth.allowInsecureRequests]: true };
const client = { client_id: "oauth4webapi" };
const api = new URL(process.argv[2]);

let challenges;
try {
  await oauth.protectedResourceRequest("not-a-key", "GET", api, undefined, undefined, http);
} catch (error) {
  challenges = error.cause;
}
const named = challenges[0].parameters.resource_metadata;

async function resource(identifier, response) {
  return (await oauth.processResourceDiscoveryResponse(identifier, response)).resource;
}
const origin = new URL(api.origin);
const resources = [
  await resource(origin, await fetch(named)),
  await resource(origin, await oauth.resourceDiscoveryRequest(origin, http)),
  await resource(api, await oauth.resourceDiscoveryRequest(api, http)),
];

const metadata = await oauth.processResourceDiscoveryResponse(origin, await fetch(named));
const issuer = new URL(metadata.authorization_servers[0]);
const discovery = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...http });
const server = await oauth.processDiscoveryResponse(issuer, discovery);
const asked = await oauth.deviceAuthorizationRequest(server, client, oauth.None(), { scope: "notes:read" }, http);
const grant = await oauth.processDeviceAuthorizationResponse(server, client, asked);

console.log(JSON.stringify({ named, resources, issuer: server.issuer, ...grant }));
