-- Requests for wrk, with the keys in a file one after the other. Arguments: FILE METHOD PATH FIRST COUNT [CALLER].
-- With CALLER, which is a key, the others are sent in the body to be verified; without it, they are the credentials.
local requests, position = {}, 0

function init(arguments)
   local file, method, path, first, count, caller = unpack(arguments)
   first, count = tonumber(first), tonumber(count)
   local number = 0
   for key in io.lines(file) do
      number = number + 1
      if number >= first and number < first + count then
         local headers, body = {}, nil
         if caller then
            headers["x-api-key"], headers["content-type"] = caller, "application/json"
            body = '{"key":"' .. key .. '"}'
         else
            headers["x-api-key"] = key
         end
         requests[#requests + 1] = wrk.format(method, path, headers, body)
      end
   end
end

function request()
   position = position % #requests + 1
   return requests[position]
end
