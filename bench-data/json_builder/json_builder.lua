local function quote(s)
  local result = { '"' }
  for i = 1, #s do
    local c = s:sub(i, i)
    if c == '"' or c == "\\" then
      result[#result + 1] = "\\"
    end
    result[#result + 1] = c
  end
  result[#result + 1] = '"'
  return table.concat(result)
end

local function record(i)
  local tags = {}
  for t = 0, i % 4 - 1 do
    tags[#tags + 1] = quote("tag" .. t)
  end
  return "{" .. quote("id") .. ":" .. tostring(i) .. "," .. quote("name") .. ":" .. quote('user "' .. i % 50 .. '"')
    .. "," .. quote("tags") .. ":[" .. table.concat(tags, ",") .. "]}"
end

local function split(s, sep)
  local parts = {}
  local from = 1
  while true do
    local at = s:find(sep, from, true)
    if not at then
      parts[#parts + 1] = s:sub(from)
      return parts
    end
    parts[#parts + 1] = s:sub(from, at - 1)
    from = at + #sep
  end
end

local total = 0
for round = 0, 4 do
  local parts = {}
  for i = 0, 19999 do
    parts[#parts + 1] = record(i)
  end
  local text = "[" .. table.concat(parts, ",") .. "]"
  total = total + #text + #split(text, '\\"') + round
end
print(total)
