# Text work: hashes of strings and lists, sorting by several keys, matching, joining, nested data. Argument: rounds.
use strict;
use warnings;

my $check = 0;
for my $turn (1 .. $ARGV[0]) {
    my (%text, %list, @rows);
    for my $i (0 .. 30_000) {
        my $key = sprintf("k%05d", ($i * 7919 + $turn) % 20011);
        $text{$key} .= chr(97 + $i % 26) x (1 + $i % 5);
        push @{ $list{ $i % 997 } }, "$key-$i";
        push @rows, [$i % 101, $key, { n => $i, s => "row $i" }] if $i % 5 == 0;
        delete $text{ sprintf("k%05d", ($i * 31) % 20011) } if $i % 7 == 0;
    }
    my @sorted = sort { $a->[0] <=> $b->[0] || $a->[1] cmp $b->[1] || $a->[2]{n} <=> $b->[2]{n} } @rows;
    my $joined = join ",", map { "$_=$text{$_}" } sort keys %text;
    my $vowels = () = $joined =~ /[aeiou]+(?=[^aeiou])/g;
    (my $copy = $joined) =~ s/(k\d+)=([a-m]+)/$2:$1/g;
    my %back = map { my ($k, $v) = split /=/; ($v, $k) } split /,/, $joined;
    my $lists = join ";", map { join "|", reverse @{ $list{$_} } } sort { $a <=> $b } keys %list;
    $check = ($check * 31 + unpack("%32C*", $copy) + length($lists) + $vowels + @sorted) % 1_000_000_007;
}
print "$check\n";
