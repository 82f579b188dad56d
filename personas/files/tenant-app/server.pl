# A web service of one tenant: says whose it is, and as whom it runs. Its configuration is for its own user alone.
use strict;
use warnings;
use IO::Socket::INET;

my ($file) = @ARGV;
open my $config, '<', $file or die "cannot read $file: $!\n";
my %setting = map { /^(\w+) = (.*)$/ ? ( $1 => $2 ) : () } <$config>;
close $config;

my $server = IO::Socket::INET->new(
    LocalAddr => '0.0.0.0',
    LocalPort => $setting{port},
    Listen    => 64,
    ReuseAddr => 1,
) or die "cannot listen on port $setting{port}: $!\n";
$SIG{PIPE} = 'IGNORE';

while ( my $client = $server->accept ) {
    $client->timeout(5);
    my $request = <$client>;
    while ( defined( my $line = <$client> ) ) { last if $line =~ /^\r?$/ }
    my $body = "tenant $setting{tenant} runs as " . getpwuid($>) . "\n";
    print $client "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: "
      . length($body)
      . "\r\nConnection: close\r\n\r\n$body";
    close $client;
}
