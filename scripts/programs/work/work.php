<?php
$rows = [];
for ($i = 0; $i < 40000; $i++)
    $rows[] = ["id" => $i, "name" => "name " . ($i * 7919 % 10007),
               "tags" => array_map(fn($k) => "t" . $i % $k, range(2, 7))];
$text = json_encode($rows);
if (json_decode($text, true) !== $rows)
    exit(1);
echo strlen($text), " ", crc32($text), "\n";

$index = [];
foreach ($rows as $row)
    foreach ($row["tags"] as $tag)
        $index[$tag][] = $row["id"];
ksort($index);
foreach ($index as $tag => $ids)
    echo $tag, ":", count($ids), ":", array_sum($ids), " ";
echo "\n", preg_match_all('/"name (\d+)5"/', $text), " ", strlen(preg_replace('/[0-9]+/', "##", $text)), "\n";

class Node {
    public ?Node $parent = null;
    public array $children = [];
    function add(int $depth): Node {
        for ($i = 0; $i < 4 && $depth > 0; $i++) {
            $child = (new Node)->add($depth - 1);
            $child->parent = $this;  // a cycle, for the collector
            $this->children[] = $child;
        }
        return $this;
    }
    function weigh(): int { return 1 + array_sum(array_map(fn($child) => $child->weigh(), $this->children)); }
}
for ($round = 0; $round < 4; $round++) {
    echo (new Node)->add(6)->weigh(), " ";
    gc_collect_cycles();
}
$packed = gzcompress($text, 6);
echo "\n", md5($packed), " ", gzuncompress($packed) === $text ? "same" : "not the same", "\n";
$words = explode(" ", str_repeat("arena block slab span thread ", 40000));
usort($words, fn($a, $b) => strcmp(strrev($a), strrev($b)));
echo count($words), " ", md5(implode(",", $words)), " ", strlen(serialize($rows)), "\n";
