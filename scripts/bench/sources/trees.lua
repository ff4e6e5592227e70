-- Trees, tables, closures and strings that come and go. Argument: rounds.
local function tree(depth)
    if depth == 0 then return {} end
    return { left = tree(depth - 1), right = tree(depth - 1), depth }
end

local function weigh(node)
    return node.left and 1 + weigh(node.left) + weigh(node.right) or 1
end

local check, kept = 0, {}
for turn = 1, tonumber(arg[1]) do
    kept[turn % 4] = tree(14)
    check = check + weigh(kept[turn % 4])
    local words, parts = {}, {}
    for i = 1, 20000 do
        local word = "w" .. (i * 7919 + turn) % 5003
        words[word] = (words[word] or "") .. string.char(97 + i % 26)
        parts[#parts + 1] = word .. ":" .. i
    end
    local joined = table.concat(parts, ",")
    local sorted = {}
    for key, value in pairs(words) do sorted[#sorted + 1] = key .. value end
    table.sort(sorted)
    local found = select(2, joined:gsub("w(%d+)5:", function(n) return #n > 3 and n or nil end))
    local adders = {}
    for i = 1, 5000 do adders[i] = function(x) return x + i end end
    check = (check + #joined + found + adders[turn % 5000 + 1](#sorted[1])) % 1000000007
end
print(check)
