-- Asks Keydesk, by way of `listen question`, whether a request may pass. Whatever goes wrong, it may not.

local QUESTION = "http://127.0.0.1:7861/v1/forward-auth?status=exact"
local MILLISECONDS = 4000

-- The question has these of the client's headers and no others.
local OF_THE_CLIENT = { "authorization", "x-api-key", "x-install-id", "user-agent", "upgrade", "sec-websocket-key" }
local IDENTITY = { "x-auth-key-id", "x-auth-org-id", "x-auth-scopes", "x-auth-name", "x-auth-cache-generation" }
-- HAProxy writes these itself.
local OF_THE_CONNECTION = { connection = true, ["content-length"] = true, ["transfer-encoding"] = true, server = true }

local UNAVAILABLE = {
    status = 503,
    headers = {
        ["content-type"] = { "application/problem+json" },
        ["cache-control"] = { "no-store" },
        ["retry-after"] = { "1" },
    },
    body = '{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"Credentials cannot be checked just now.'
        .. ' Try again in a moment.","error_code":"AUTHORIZATION_UNAVAILABLE","details":{}}\n',
}

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

local function question(txn)
    local sent = txn.http:req_get_headers()
    local headers = {
        ["x-forwarded-for"] = { txn.f:src() },
        ["x-forwarded-host"] = { txn.f:req_hdr("host") or "" },
        ["x-forwarded-method"] = { txn.f:method() },
        ["x-forwarded-uri"] = { txn.f:url() },
    }
    for _, name in ipairs(OF_THE_CLIENT) do
        local values = sent[name]
        if values then
            headers[name] = { table.concat(values, ", ", 0) }
        end
    end
    return headers
end

-- What the client gets in place of the API's answer; nil: Keydesk allows the request.
local function refusal(txn)
    local query = txn.f:query()
    local rest, is_left
    if query and txn:get_var("txn.is_handshake") then
        -- A handshake's ?token= is the client's key, which ends here. A second one would stay in.
        rest, is_left = without_token(query)
        if is_left then
            return { status = 400, headers = {}, body = "" }
        end
    end
    local answer = core.httpclient():get({ url = QUESTION, headers = question(txn), timeout = MILLISECONDS })
    if not answer or not answer.headers then
        return UNAVAILABLE
    end
    if answer.status ~= 200 then
        local kind = (answer.headers["content-type"] or {})[0]
        -- What is no problem of Keydesk's does not come from it.
        if answer.status < 400 or kind ~= "application/problem+json" then
            return UNAVAILABLE
        end
        return answer
    end
    for _, name in ipairs(IDENTITY) do
        local value = (answer.headers[name] or {})[0]
        if not value then
            return UNAVAILABLE
        end
        txn:set_var("txn." .. name:gsub("-", "_"), value)
    end
    if rest then
        txn.http:req_set_query(rest)
    end
end

core.register_action("keydesk", { "http-req" }, function(txn)
    local is_done, refused = pcall(refusal, txn)
    if not is_done then
        core.Alert("keydesk.lua: " .. tostring(refused))
        refused = UNAVAILABLE
    end
    if refused then
        txn:set_var("txn.keydesk_refused", true)
        local reply = txn:reply({ status = refused.status, body = refused.body })
        for name, values in pairs(refused.headers) do
            if not OF_THE_CONNECTION[name] then
                for _, value in pairs(values) do
                    reply:add_header(name, value)
                end
            end
        end
        txn:done(reply)
    end
end)
