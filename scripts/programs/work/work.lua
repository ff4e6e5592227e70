local count, keys = {}, {}
for i = 0, 300000 do
  local key = string.format("k%05d", i * 7919 % 20011)
  count[key] = (count[key] or "") .. string.char(97 + i % 26)
  if i % 7 == 0 then count[string.format("k%05d", i * 31 % 20011)] = nil end
end
for key in pairs(count) do keys[#keys + 1] = key end
table.sort(keys)
local sum = 0
for at, key in ipairs(keys) do sum = (sum * 31 + #count[key] * at) % 1000000007 end
print(#keys, sum)

local function tree(depth)
  return depth == 0 and {} or { tree(depth - 1), tree(depth - 1), name = string.rep("n", depth) }
end
local function weigh(node)
  return node[1] and #node.name + weigh(node[1]) + weigh(node[2]) or 1
end
for round = 1, 8 do
  collectgarbage(round % 2 == 0 and "generational" or "incremental")
  print(weigh(tree(14)))
end

local parts = {}
for i = 1, 200000 do parts[i] = i % 101 .. ":" .. i end
local text = table.concat(parts, ",")
print(#text, select(2, text:gsub("%d+:(%d)5", "%1")), #text:upper():reverse())
local co = {}
for i = 1, 5000 do co[i] = coroutine.wrap(function() for k = 1, 20 do coroutine.yield(i * k) end end) end
local total = 0
for k = 1, 20 do for i = 1, #co do total = total + co[i]() end end
print(total)
