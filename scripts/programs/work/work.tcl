for {set i 0} {$i < 150000} {incr i} {
    set key [format k%05d [expr {$i * 7919 % 20011}]]
    append count($key) [format %c [expr {97 + $i % 26}]]
    if {$i % 7 == 0} { unset -nocomplain count([format k%05d [expr {$i * 31 % 20011}]]) }
}
set text {}
foreach key [lsort [array names count]] { append text $key=$count($key), }
puts "[array size count] [string length $text] [zlib crc32 $text]"
puts [regexp -all {[aeiou]+} $text]
puts [zlib crc32 [regsub -all {(k[0-9]+)=([a-m]+)} $text {\2:\1}]]

proc tree {depth} {
    if {$depth == 0} { return leaf }
    return [dict create left [tree [expr {$depth - 1}]] right [tree [expr {$depth - 1}]] depth $depth]
}
puts [string length [tree 12]]
for {set i 0} {$i < 100000} {incr i} { lappend list [expr {$i * 31 % 10007}] }
set list [lsort -integer -unique $list]
puts "[llength $list] [lindex $list end] [zlib crc32 [join [lreverse $list] -]]"
set packed [zlib deflate $text]
puts [expr {[zlib inflate $packed] eq $text}]
for {set i 0} {$i < 200} {incr i} {
    set child [interp create]
    incr sum [$child eval {
        for {set n 0} {$n < 200} {incr n} { lappend list [string repeat x $n] }
        string length $list
    }]
    interp delete $child
}
puts $sum
