use strict;
use warnings;
use threads;

my (%count, @rows);
for my $i (0 .. 150_000) {
    my $key = sprintf("k%05d", ($i * 7919) % 20011);
    $count{$key} .= chr(97 + $i % 26);
    push @rows, [$i % 101, $key, { n => $i }] if $i % 5 == 0;
    delete $count{sprintf("k%05d", ($i * 31) % 20011)} if $i % 7 == 0;
}
my @sorted = sort { $a->[0] <=> $b->[0] || $a->[1] cmp $b->[1] || $a->[2]{n} <=> $b->[2]{n} } @rows;
print scalar(@sorted), " $sorted[0][1] $sorted[-1][1] $sorted[500][2]{n}\n";

my $text = join ",", map { "$_=$count{$_}" } sort keys %count;
my $vowels = () = $text =~ /[aeiou]+(?=[^aeiou])/g;
(my $copy = $text) =~ s/(k\d+)=([a-m]+)/$2:$1/g;
print length($text), " $vowels ", length($copy), " ", unpack("%32C*", $copy), "\n";

my $tree = sub { my ($self, $depth) = @_; $depth ? { l => $self->($self, $depth - 1), r => [1 .. $depth] } : {} };
my @trees = map { $tree->($tree, 30) } 1 .. 1000;
my $out = '';
open my $file, '>', \$out or die $!;
printf $file "%s-%d\n", 'x' x ($_ % 50), $_ for 1 .. 30_000;
close $file;
print length($out), " ", scalar(@trees), " ", scalar(split /-/, $out), "\n";

# A thread of Perl's gets a copy of everything.
@trees = (); @rows = (); @sorted = ();
sub work { my ($n) = @_; return length(join "", map { $_ x $n } keys %count) }
print join(" ", map { $_->join } map { threads->create(\&work, $_) } 1 .. 4), "\n";
