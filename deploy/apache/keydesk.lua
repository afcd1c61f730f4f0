-- Asks Keydesk whether a request may pass. Whatever goes wrong, it may not.

local http = require("socket.http")
local ltn12 = require("ltn12")

local QUESTION = "http://127.0.0.1:7860/v1/forward-auth?status=exact"
http.TIMEOUT = 3

-- The question has these of the client's headers and no others.
local OF_THE_CLIENT = { "Authorization", "X-Api-Key", "X-Install-Id", "User-Agent", "Upgrade", "Sec-WebSocket-Key" }
local CREDENTIALS = { "Authorization", "X-Api-Key", "X-Install-Id" }
local IDENTITY = { "X-Auth-Key-Id", "X-Auth-Org-Id", "X-Auth-Scopes", "X-Auth-Name", "X-Auth-Cache-Generation" }
-- Apache writes these itself.
local OF_THE_CONNECTION = {
    connection = true, ["content-length"] = true, ["content-type"] = true, date = true, server = true,
    ["transfer-encoding"] = true,
}
-- Only a proxy may say these, or they would make another method of the one that was allowed.
local FORGED = {
    "^x%-auth%-", "^x%-original%-", "^x%-forwarded%-", "^x%-rewrite%-", "^x%-real%-ip$", "^forwarded$",
    "^x%-http%-method", "^x%-method%-override$",
}
local UNAVAILABLE = '{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"Credentials cannot be checked'
    .. ' just now. Try again in a moment.","error_code":"AUTHORIZATION_UNAVAILABLE","details":{}}\n'

local function is_forged(name)
    -- Others read X_Auth_Org_Id as X-Auth-Org-Id.
    if name:find("_", 1, true) then
        return true
    end
    for _, pattern in ipairs(FORGED) do
        if name:find(pattern) then
            return true
        end
    end
    return false
end

-- Only a WebSocket is upgraded to: h2c would be a tunnel past every further check.
local function is_handshake(r)
    local headers = r.headers_in
    return r.method == "GET" and (headers["Upgrade"] or ""):lower() == "websocket"
        and (headers["Connection"] or ""):lower():find("upgrade", 1, true) ~= nil
        and (headers["Sec-WebSocket-Key"] or "") ~= ""
end

-- Removes what only a proxy may say, and says it.
function forget(r)
    local names = {}
    for name in pairs(r:headers_in_table()) do
        names[#names + 1] = name
    end
    for _, name in ipairs(names) do
        if is_forged(name:lower()) then
            r.headers_in[name] = nil
        end
    end
    -- Headers that are named in it would be dropped on the way.
    local connection = (r.headers_in["Connection"] or ""):lower()
    if is_handshake(r) then
        r.headers_in["Connection"] = "Upgrade"
    else
        r.headers_in["Upgrade"] = nil
        r.headers_in["Sec-WebSocket-Key"] = nil
        r.headers_in["Connection"] = connection:find("close", 1, true) and "close" or nil
    end
    r.headers_in["X-Forwarded-For"] = r.useragent_ip
    r.headers_in["X-Forwarded-Host"] = r.headers_in["Host"]
    r.headers_in["X-Forwarded-Proto"] = r.is_https and "https" or "http"
    return apache2.OK
end

local function forget_credentials(r)
    for _, name in ipairs(CREDENTIALS) do
        r.headers_in[name] = nil
    end
end

-- Whether programs in pages of all origins may call the API: a line in keydesk.conf.
local function is_open_to_pages(r)
    return r.subprocess_env["KEYDESK_CORS"] ~= nil
end

local function answer(r, status, headers, kind, body)
    if is_open_to_pages(r) then
        r.err_headers_out["Access-Control-Allow-Origin"] = "*"
        if status ~= 204 then
            r.err_headers_out["Access-Control-Expose-Headers"] = "*"
        end
    end
    for name, value in pairs(headers) do
        r.err_headers_out[name] = value
    end
    r.status = status
    r.content_type = kind
    r:puts(body)
    return apache2.DONE
end

local function unavailable(r)
    return answer(r, 503, { ["Cache-Control"] = "no-store", ["Retry-After"] = "1" }, "application/problem+json", UNAVAILABLE)
end

-- The query without its first token=, and whether another one is left, in whatever spelling.
local function without_token(query)
    local kept, is_taken, is_left = {}, false, false
    for pair in query:gmatch("[^&]+") do
        local name = pair:match("^[^=]*"):gsub("%%(%x%x)", function(digits)
            return string.char(tonumber(digits, 16))
        end)
        if not is_taken and pair:sub(1, 6) == "token=" then
            is_taken = true
        else
            is_left = is_left or name == "token"
            kept[#kept + 1] = pair
        end
    end
    return table.concat(kept, "&"), is_left
end

local function ask(r)
    local headers = {
        ["X-Forwarded-For"] = r.useragent_ip,
        ["X-Forwarded-Host"] = r.headers_in["Host"],
        ["X-Forwarded-Method"] = r.method,
        ["X-Forwarded-Uri"] = r.unparsed_uri,
    }
    for _, name in ipairs(OF_THE_CLIENT) do
        headers[name] = r.headers_in[name]
    end
    local body = {}
    local is_answered, status, answered =
        http.request({ url = QUESTION, headers = headers, sink = ltn12.sink.table(body), redirect = false })
    if not is_answered or type(status) ~= "number" then
        return nil
    end
    return status, answered, table.concat(body)
end

local function is_discovery(path)
    return path == "/auth.md" or path == "/.well-known/oauth-protected-resource"
        or path:find("^/%.well%-known/oauth%-protected%-resource/") ~= nil
end

function guard(r)
    if r.unparsed_uri:sub(1, 1) ~= "/" then
        return 400
    end
    forget(r)
    if is_discovery(r.uri) then
        -- Another spelling of such a path is no way to it.
        if not is_discovery(r.unparsed_uri:match("^[^?]*")) then
            return 400
        end
        forget_credentials(r)
        return apache2.OK
    end
    local asks = r.headers_in["Access-Control-Request-Method"]
    if r.method == "OPTIONS" and asks and r.headers_in["Origin"] and is_open_to_pages(r) then
        -- A preflight. It has no key.
        return answer(r, 204, {
            ["Access-Control-Allow-Methods"] = "GET, POST, PUT, PATCH, DELETE",
            ["Access-Control-Allow-Headers"] = "Authorization, *",
            ["Access-Control-Max-Age"] = "86400",
        }, "text/plain", "")
    end
    local rest, is_left
    if r.args and is_handshake(r) then
        -- A handshake's ?token= is the client's key, which ends here. A second one would stay in.
        rest, is_left = without_token(r.args)
        if is_left then
            return 400
        end
    end
    local status, headers, body = ask(r)
    if not status then
        return unavailable(r)
    end
    if status ~= 200 then
        -- What is no problem of Keydesk's does not come from it.
        if status < 400 or headers["content-type"] ~= "application/problem+json" then
            return unavailable(r)
        end
        local passed = {}
        for name, value in pairs(headers) do
            if not OF_THE_CONNECTION[name] then
                passed[name] = value
            end
        end
        return answer(r, status, passed, headers["content-type"], body)
    end
    for _, name in ipairs(IDENTITY) do
        local value = headers[name:lower()]
        if not value then
            return unavailable(r)
        end
        r.headers_in[name] = value
    end
    forget_credentials(r)
    if rest then
        r.args = rest
    end
    return apache2.OK
end
