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

local function trim(s)
  return s:match("^%s*(.-)%s*$")
end

local function work(i)
  local line = "id=" .. i .. ";name=user " .. i % 100 .. ";role=reader,writer;city=Old Town"
  local total = 0
  for _, field in ipairs(split(line, ";")) do
    local parts = split(field, "=")
    total = total + #parts[1] + #parts[2]
  end
  local joined = table.concat(split(line, ";"), " | ")
  local changed = joined:upper():gsub("READER", "OWNER")
  if changed:find("OWNER,WRITER", 1, true) then
    total = total + changed:find("CITY", 1, true) - 1
  end
  if changed:sub(1, 3) == "ID=" then
    total = total + #trim(changed:sub(4, 9))
  end
  return total
end

local total = 0
for i = 0, 99999 do
  total = total + work(i)
end
print(total)
