local function fannkuch(n)
  local perm, start, counts = {}, {}, {}
  for i = 1, n do
    perm[i] = 0
    start[i] = i
    counts[i] = 0
  end
  local most = 0
  local checksum = 0
  local sign = 1
  local r = n
  while true do
    while r ~= 1 do
      counts[r] = r
      r = r - 1
    end
    for i = 1, n do
      perm[i] = start[i]
    end
    local flips = 0
    while perm[1] ~= 1 do
      local lo = 1
      local hi = perm[1]
      while lo < hi do
        perm[lo], perm[hi] = perm[hi], perm[lo]
        lo = lo + 1
        hi = hi - 1
      end
      flips = flips + 1
    end
    if flips > most then
      most = flips
    end
    checksum = checksum + sign * flips
    sign = -sign
    while true do
      if r == n then
        return checksum, most
      end
      local head = start[1]
      for i = 1, r do
        start[i] = start[i + 1]
      end
      start[r + 1] = head
      counts[r + 1] = counts[r + 1] - 1
      if counts[r + 1] > 0 then
        break
      end
      r = r + 1
    end
  end
end

local checksum, most = fannkuch(9)
print(checksum .. " " .. most)
