// What somebody writes with the client that @hey-api/openapi-ts makes.
import { createClient, createConfig } from "./hey-api/client/index.js";
import {
  keyListIndex,
  keySettingsChange,
  keySettingsShow,
  keysCreate,
  keysRevoke,
  keyVerificationVerify,
  meShow,
} from "./hey-api/sdk.gen.js";

const [baseUrl = "", org = "", session = ""] = process.argv.slice(2);
const person = createClient(createConfig({ baseUrl, headers: { cookie: `whs_session=${session}` } }));
const ofPerson = { client: person, throwOnError: true } as const;

const { data: created } = (
  await keysCreate({
    ...ofPerson,
    path: { org },
    body: {
      name: "CI",
      scopes: ["keys:verify"],
      expires_in_days: 30,
      networks: ["127.0.0.0/8"],
      rate_limit: { requests: 100, window_seconds: 60 },
    },
  })
).data;
const path = { org, key: created.id };
const { data: listed } = (await keyListIndex({ ...ofPerson, path: { org }, query: { limit: 10 } })).data;
const { data: shown } = (await keySettingsShow({ ...ofPerson, path })).data;
const { data: changed } = (await keySettingsChange({ ...ofPerson, path, body: { name: "Renamed" } })).data;
const program = createClient(createConfig({ baseUrl, auth: created.key }));
const ofProgram = { client: program, throwOnError: true } as const;
const { data: verified } = (await keyVerificationVerify({ ...ofProgram, body: { key: created.key, ip: "127.0.0.1" } })).data;
const { data: me } = (await meShow(ofProgram)).data;
const { data: revoked } = (await keysRevoke({ ...ofPerson, path })).data;
console.log(JSON.stringify({ created, listed, shown, changed, verified, me, revoked }));
