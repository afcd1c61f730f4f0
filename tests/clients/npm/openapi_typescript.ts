// What somebody writes with the types that openapi-typescript makes.
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

const [baseUrl = "", org = "", session = ""] = process.argv.slice(2);

function found<Data>(answer: { data?: { data: Data }; error?: unknown }): Data {
  if (!answer.data) throw new Error(JSON.stringify(answer.error));
  return answer.data.data;
}

const person = createClient<paths>({ baseUrl, headers: { cookie: `whs_session=${session}` } });
const created = found(
  await person.POST("/v1/orgs/{org}/keys", {
    params: { path: { org } },
    body: {
      name: "CI",
      scopes: ["keys:verify"],
      expires_in_days: 30,
      networks: ["127.0.0.0/8"],
      rate_limit: { requests: 100, window_seconds: 60 },
    },
  }),
);
const path = { org, key: created.id };
const listed = found(await person.GET("/v1/orgs/{org}/keys", { params: { path: { org }, query: { limit: 10 } } }));
const shown = found(await person.GET("/v1/orgs/{org}/keys/{key}", { params: { path } }));
const changed = found(
  await person.PATCH("/v1/orgs/{org}/keys/{key}", { params: { path }, body: { name: "Renamed" } }),
);
const program = createClient<paths>({ baseUrl, headers: { "x-api-key": created.key } });
const verified = found(await program.POST("/v1/keys/verify", { body: { key: created.key, ip: "127.0.0.1" } }));
const me = found(await program.GET("/v1/me"));
const revoked = found(await person.POST("/v1/orgs/{org}/keys/{key}/revoke", { params: { path } }));
console.log(JSON.stringify({ created, listed, shown, changed, verified, me, revoked }));
