require "json"
require "set"
require "zlib"

def node(depth)
  depth.zero? ? { leaf: "x" * 20 } : { left: node(depth - 1), right: node(depth - 1), list: (1..depth).to_a }
end

rows = (0...40_000).map do |i|
  { "id" => i, "name" => "name #{i * 7919 % 10007}", "tags" => (2..6).map { |k| "t#{i % k}" } }
end
text = JSON.generate(rows)
raise "JSON" unless JSON.parse(text) == rows
puts "#{text.size} #{Zlib.crc32(text)}"

by_tag = Hash.new { |hash, key| hash[key] = [] }
rows.each { |row| row["tags"].uniq.each { |tag| by_tag[tag] << row["id"] } }
puts by_tag.sort.map { |tag, ids| "#{tag}:#{ids.size}:#{ids.sum}" }.join(" ")
puts text.scan(/"name (\d+)5"/).size, text.gsub(/\d/, "#").count("#")

puts Marshal.dump(node(13)).size
strings = Set.new
100_000.times { |i| strings << "s#{i % 30_011}" * (i % 9) }
GC.start(full_mark: true, immediate_sweep: true)
GC.compact if GC.respond_to?(:compact)
puts strings.size

threads = 6.times.map do |me|
  Thread.new { (0...20_000).map { |i| "#{me}-#{i % 500}" * (i % 7) }.sum(&:size) }
end
puts threads.map(&:value).inspect
packed = Zlib::Deflate.deflate(text, 6)
puts Zlib.crc32(packed), Zlib::Inflate.inflate(packed) == text
puts IO.popen(["ruby", "-e", "puts (1..50_000).map(&:to_s).join.size"], &:read)
